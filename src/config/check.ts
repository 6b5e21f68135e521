import { homedir } from 'node:os'
import { resolve } from 'node:path'
import { Ajv2020, type ErrorObject } from 'ajv/dist/2020.js'
import { isObject } from '../plugin/index.ts'
import { deepFreeze } from '../util/deep-freeze.ts'
import { nearest } from '../util/nearest.ts'
import { invalid, unwritten, type ConfigDocument, type Path, type Values } from './document.ts'
import { RLLM_KEYS } from './rllm.ts'
import { ConfigSchema, type Config } from './schema.ts'
import { URL_PATTERN } from './upstream-schema.ts'

/**
 * Checks plain values as `loadConfig` does: fills in defaults, makes paths absolute, freezes. For
 * embedding and for tests; `document` tells where a value was written.
 *
 * @throws GatewayError `config_invalid`
 */
export function checkConfig(
  values: Values,
  cwd: string = process.cwd(),
  document: ConfigDocument = unwritten(values),
): Config {
  const ajv = new Ajv2020({
    useDefaults: true,
    allErrors: true,
    verbose: true,
    strict: true,
    allowUnionTypes: true,
  })
  const validate = ajv.compile<Config>(ConfigSchema)
  const config: unknown = withRedis(structuredClone(values))
  if (!validate(config)) throw invalid(explain(validate.errors ?? [], document))
  checkUpstreams(config, document)
  checkMetrics(config, document)
  const absolute = (path: string): string => resolve(cwd, path.replace(/^~(?=$|\/)/, homedir()))
  return deepFreeze({
    ...config,
    ...(config.state_dir === undefined ? {} : { state_dir: absolute(config.state_dir) }),
    plugins_dir: absolute(config.plugins_dir),
    store: { ...config.store, path: absolute(config.store.path) },
  })
}

/** A cache in Redis without a word about where that is means the one of this machine. */
function withRedis(values: Values): Values {
  const { cache, redis = {} } = values
  return isObject(cache) && cache['kind'] === 'redis' ? { ...values, redis } : values
}

function checkUpstreams({ upstreams }: Config, document: ConfigDocument): void {
  for (const [index, { url, simulator, models, send_model: sent }] of upstreams.entries()) {
    const entry = ['upstreams', index]
    if ((url === undefined) === (simulator === undefined)) {
      throw invalid(`${whereIs(entry, document)} needs either a url or a simulator`)
    }
    if (sent?.includes('*') && models && !models.every((model) => model.includes('*'))) {
      const where = whereIs([...entry, 'send_model'], document)
      throw invalid(`${where} has a *, which every name in models must have too`)
    }
    checkUrl(url, () => whereIs([...entry, 'url'], document))
  }
}

/** Numbers that were to be closed must not be open because there is nothing to ask for. */
function checkMetrics({ metrics_auth, admin_token, keys }: Config, document: ConfigDocument): void {
  if (!metrics_auth || admin_token !== undefined || keys.master_key !== undefined) return
  const key = ['metrics_auth']
  const where = `${document.placeOf(key)} ${document.nameOf(key)}`
  throw invalid(`${where} needs an admin_token or a master_key to ask for`)
}

function checkUrl(url: string | undefined, where: () => string): void {
  if (url === undefined) return
  if (!URL.canParse(url)) throw invalid(`${where()} is no URL`)
  const parsed = new URL(url)
  if (parsed.username || parsed.password)
    throw invalid(`${where()} must not hold credentials; use api_key`)
  if (parsed.hash || parsed.search) throw invalid(`${where()} must not hold a query or a fragment`)
}

/** The most telling of the validator's complaints: an unknown key first, then the deepest. */
function explain(errors: readonly ErrorObject[], document: ConfigDocument): string {
  const unknown = errors.find((error) => error.keyword === 'additionalProperties')
  const error =
    unknown ?? errors.toSorted((a, b) => b.instancePath.length - a.instancePath.length)[0]
  if (!error) return 'the configuration is not valid'
  const path = error.instancePath
    .split('/')
    .slice(1)
    .map((key) => (/^\d+$/.test(key) ? Number(key) : key))
  if (unknown) {
    const key = String(unknown.params['additionalProperty'])
    const known = Object.keys((unknown.parentSchema?.['properties'] as object | undefined) ?? {})
    const near = nearest(key, path.length === 0 ? [...known, ...RLLM_KEYS] : known)
    const hint = near ? `; did you mean "${near}"?` : ''
    const unknownKey = [...path, key]
    return `${document.placeOf(unknownKey)} unknown key "${document.nameOf(unknownKey)}"${hint}`
  }
  return `${whereIs(path, document)} ${complaintOf(error)}`
}

/** What is wrong with a value, in words for who wrote it. Values are not repeated: they may be keys. */
function complaintOf({ keyword, params, schema, message = 'is not valid' }: ErrorObject): string {
  if (keyword === 'pattern' && schema === URL_PATTERN) return 'must begin with http:// or https://'
  const allowed = params['allowedValues'] as unknown[] | undefined
  return allowed ? `${message}: ${allowed.join(', ')}` : message
}

function whereIs(path: Path, document: ConfigDocument): string {
  const name = path.length === 0 ? 'the file' : document.nameOf(path)
  return [document.placeOf(path), name].filter((part) => part !== '').join(' ')
}
