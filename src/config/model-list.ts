import { isDeepStrictEqual } from 'node:util'
import { isObject } from '../plugin/index.ts'
import { invalid, rewritten, type ConfigDocument, type Origin, type Path } from './document.ts'
import type { Environment } from './interpolate.ts'

const OPENAI = 'https://api.openai.com/v1'
const READ_PARAMS: readonly string[] = ['model', 'api_base', 'base_url', 'api_key']
const READ_KEYS: readonly string[] = ['model_name', 'litellm_params']
const SECTIONS = [
  'litellm_settings',
  'router_settings',
  'general_settings',
  'environment_variables',
] as const

/** An entry of `upstreams`, as one of `model_list` is written anew. */
interface Deployment {
  readonly url: string
  readonly kind: 'auto' | 'openai'
  readonly api_key?: unknown
  readonly models?: readonly string[]
}

/**
 * Takes out the sections of LiteLLM's configuration that are not used, each with a warning. Before names
 * are resolved: what is not used must not demand a variable.
 */
export function setSectionsAside(document: ConfigDocument, warnings: string[]): ConfigDocument {
  const found = SECTIONS.filter((section) => section in document.values)
  if (found.length === 0) return document
  const values = { ...document.values }
  for (const section of found) {
    const said = values[section]
    const locks = section === 'general_settings' && isObject(said) && 'master_key' in said
    const note = locks ? ' (its master_key locks nothing; see admin_token)' : ''
    warnings.push(`${document.placeOf([section])} ${section} is not used yet${note}`)
    delete values[section]
  }
  return rewritten(document, values, [])
}

/**
 * Reads LiteLLM's `model_list` where a file has one: its deployments join `upstreams`, those at one
 * server with one key as one upstream. A model must have the same name on both sides.
 *
 * @throws GatewayError `config_invalid` for what cannot be done here
 */
export function adaptModelList(
  document: ConfigDocument,
  env: Environment,
  warnings: string[],
): ConfigDocument {
  const { model_list: list, ...values } = document.values
  if (list === undefined) return document
  const path = ['model_list']
  if (list === null) return rewritten(document, values, [])
  if (!Array.isArray(list)) throw invalid(`${document.placeOf(path)} model_list must be a list`)
  const given = values['upstreams'] ?? []
  // What is wrong with a list that is none is told by the check of the schema.
  if (!Array.isArray(given)) return rewritten(document, values, [])
  const origins: Origin[] = []
  const upstreams: Deployment[] = []
  for (const [index, entry] of list.entries()) {
    const deployment = readEntry(document, [...path, index], entry as unknown, env)
    const same = upstreams.findIndex((other) => isSameServer(other, deployment))
    const before = upstreams[same]
    if (before) {
      upstreams[same] = together(before, deployment)
      continue
    }
    origins.push({
      path: ['upstreams', given.length + upstreams.length],
      from: [...path, index],
    })
    upstreams.push(deployment)
  }
  warnOfUnused(document, list, warnings)
  return rewritten(
    document,
    { ...values, upstreams: [...(given as unknown[]), ...upstreams] },
    origins,
  )
}

function readEntry(
  document: ConfigDocument,
  path: Path,
  entry: unknown,
  env: Environment,
): Deployment {
  const fault = (key: readonly string[], text: string): Error => {
    const at = [...path, ...key]
    return invalid(`${document.placeOf(at)} ${document.nameOf(at)} ${text}`)
  }
  if (!isObject(entry)) throw fault([], 'must hold model_name and litellm_params')
  const { model_name: name, litellm_params: params } = entry
  if (typeof name !== 'string' || name === '') throw fault(['model_name'], 'must be a name')
  if (!isObject(params)) throw fault(['litellm_params'], 'must hold at least model')
  const { model, api_key: key } = params
  if (typeof model !== 'string' || model === '') {
    throw fault(['litellm_params', 'model'], 'must be a name')
  }
  const base = params['api_base'] ?? params['base_url'] ?? undefined
  if (base !== undefined && (typeof base !== 'string' || !/^https?:\/\//.test(base))) {
    throw fault(['litellm_params', 'api_base'], 'must be an http URL')
  }
  const [, prefix, bare = model] = /^(openai|hosted_vllm)\/(.+)$/.exec(model) ?? []
  if (base === undefined && (prefix === 'hosted_vllm' || bare.includes('/'))) {
    throw fault(
      ['litellm_params', 'model'],
      `"${model}" needs an api_base: only OpenAI's own models have one by themselves`,
    )
  }
  if (bare !== name) {
    throw fault(
      ['model_name'],
      `"${name}" is called "${bare}" at the server; another name there is not possible yet`,
    )
  }
  if (name !== '*' && name.includes('*')) throw fault(['model_name'], 'may not hold a * yet')
  const secret = key ?? (base === undefined ? env['OPENAI_API_KEY'] || undefined : undefined)
  return {
    url: base ?? OPENAI,
    kind: base === undefined ? 'openai' : 'auto',
    ...(secret === undefined ? {} : { api_key: secret }),
    ...(name === '*' ? {} : { models: [name] }),
  }
}

function isSameServer(a: Deployment, b: Deployment): boolean {
  return a.url === b.url && isDeepStrictEqual(a.api_key, b.api_key)
}

/** Without models it serves them all. */
function together({ models: all, ...server }: Deployment, { models }: Deployment): Deployment {
  return all && models ? { ...server, models: [...new Set([...all, ...models])] } : server
}

function warnOfUnused(
  document: ConfigDocument,
  list: readonly unknown[],
  warnings: string[],
): void {
  const unused = new Set<string>()
  for (const entry of list.filter(isObject)) {
    const params = isObject(entry['litellm_params']) ? entry['litellm_params'] : {}
    for (const key of Object.keys(params)) if (!READ_PARAMS.includes(key)) unused.add(key)
    for (const key of Object.keys(entry)) if (!READ_KEYS.includes(key)) unused.add(key)
  }
  if (unused.size === 0) return
  warnings.push(
    `${document.placeOf(['model_list'])} model_list: ${[...unused].join(', ')} are not used yet`,
  )
}
