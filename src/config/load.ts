import { readFileSync } from 'node:fs'
import { homedir } from 'node:os'
import { resolve } from 'node:path'
import { Ajv2020, type ErrorObject } from 'ajv/dist/2020.js'
import { deepFreeze } from '../util/deep-freeze.ts'
import { nearest } from '../util/nearest.ts'
import { invalid, parseConfig, type ConfigDocument } from './document.ts'
import { fromEnvironment, type Flags, merge } from './overrides.ts'
import { interpolate, type Environment } from './interpolate.ts'
import { ConfigSchema, type Config } from './schema.ts'

export interface LoadOptions {
  /** Path of the YAML file; absent: defaults, environment and flags alone. */
  readonly file?: string | undefined
  readonly flags?: Flags
  readonly env?: Environment
  /** What relative paths are relative to. */
  readonly cwd?: string
}

/**
 * Reads the configuration: file, then environment, then flags, each over the one before; checked
 * against the schema, defaults filled in, paths made absolute, frozen.
 *
 * @throws GatewayError `config_invalid` with file, line and column
 */
export function loadConfig(options: LoadOptions = {}): Config {
  const env = options.env ?? process.env
  const document = options.file === undefined ? emptyDocument() : readDocument(options.file)
  const values = interpolate(document.values, env, (path) => document.placeOf(path))
  return checkConfig(
    merge(values, fromEnvironment(env), options.flags ?? {}),
    options.cwd ?? process.cwd(),
    document,
  )
}

/** Checks plain values as {@link loadConfig} does; for embedding and for tests. */
export function checkConfig(
  values: Record<string, unknown>,
  cwd: string = process.cwd(),
  document: ConfigDocument = emptyDocument(),
): Config {
  const ajv = new Ajv2020({
    useDefaults: true,
    allErrors: true,
    verbose: true,
    strict: true,
    allowUnionTypes: true,
  })
  const validate = ajv.compile<Config>(ConfigSchema)
  const config = structuredClone(values) as unknown
  if (!validate(config)) throw invalid(explain(validate.errors ?? [], document))
  for (const [index, upstream] of config.upstreams.entries()) {
    if ((upstream.url === undefined) === (upstream.simulator === undefined)) {
      throw invalid(
        `${document.placeOf(['upstreams', index])} upstreams.${index} needs either a url or a simulator`,
      )
    }
    checkUrl(
      upstream.url,
      `${document.placeOf(['upstreams', index, 'url'])} upstreams.${index}.url`,
    )
  }
  const absolute = (path: string): string => resolve(cwd, path.replace(/^~(?=$|\/)/, homedir()))
  return deepFreeze({
    ...config,
    state_dir: absolute(config.state_dir),
    plugins_dir: absolute(config.plugins_dir),
    store: { ...config.store, path: absolute(config.store.path) },
  })
}

function readDocument(file: string): ConfigDocument {
  let text: string
  try {
    text = readFileSync(file, 'utf8')
  } catch (cause) {
    throw invalid(
      `${file} cannot be read: ${cause instanceof Error ? cause.message : String(cause)}`,
      cause,
    )
  }
  return parseConfig(text, file)
}

function emptyDocument(): ConfigDocument {
  return { values: {}, placeOf: () => '(configuration)' }
}

function checkUrl(url: string | undefined, where: string): void {
  if (url === undefined) return
  if (!URL.canParse(url)) throw invalid(`${where} "${url}" is no URL`)
  const parsed = new URL(url)
  if (parsed.username || parsed.password)
    throw invalid(`${where} must not hold credentials; use api_key`)
  if (parsed.hash || parsed.search) throw invalid(`${where} must not hold a query or a fragment`)
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
    const near = nearest(key, known)
    return `${document.placeOf([...path, key])} unknown key "${[...path, key].join('.')}"${near ? `; did you mean "${near}"?` : ''}`
  }
  const allowed = error.params['allowedValues'] as unknown[] | undefined
  return `${document.placeOf(path)} ${path.join('.') || 'the file'} ${error.message ?? 'is not valid'}${allowed ? `: ${allowed.join(', ')}` : ''}`
}
