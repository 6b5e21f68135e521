import { isObject } from '../../plugin/index.ts'
import { invalid, rewritten, type ConfigDocument, type Path, type Values } from '../document.ts'
import { interpolate, type Environment } from '../interpolate.ts'
import { readCache } from './cache.ts'
import type { Source } from './credentials.ts'
import { createDraft, type Draft } from './draft.ts'
import { GENERAL_SETTINGS } from './general-settings.ts'
import { LITELLM_SETTINGS } from './litellm-settings.ts'
import { readModelList } from './model-list.ts'
import { ROUTER_SETTINGS } from './router-settings.ts'
import { readKeys } from './rows.ts'
import { count, faultOf, flag } from './values.ts'
import { withVariables, type WithVariables } from './variables.ts'

/** Sections that are read. */
const READ = [
  'model_list',
  'router_settings',
  'litellm_settings',
  'general_settings',
  'credential_list',
] as const

/** Sections that LiteLLM has and that are not there yet. */
export const NOT_READ = [
  'guardrails',
  'callback_settings',
  'mcp_servers',
  'mcp_tools',
  'search_tools',
  'vector_store_registry',
  'assistant_settings',
  'files_settings',
  'finetune_settings',
  'prompts',
] as const

/**
 * Makes of LiteLLM's sections, where a configuration has them, what they are here, and resolves the
 * variables of all of it. What LiteLLM has and this gateway has not is a warning, as is what neither
 * knows; a variable that is not set is one as well, unless it is to keep others out.
 *
 * @throws GatewayError `config_invalid` for a value that cannot be read, and for what is said twice
 */
export function adaptLitellm(
  document: ConfigDocument,
  environment: Environment,
  warnings: string[],
): WithVariables {
  const named = withVariables(document, environment, warnings)
  const { env } = named
  const used = withoutUnread(named.document, warnings)
  const absent = new Set<string>()
  const resolved = interpolate(
    used.values,
    env,
    (path) => used.placeOf(path),
    (path, name) => {
      if (!READ.some((section) => section === path[0]) || path.includes('master_key')) return false
      absent.add(path.join('.'))
      warnings.push(
        `${used.placeOf(path)} ${used.nameOf(path)} is left out: the environment variable ${name} is not set`,
      )
      return true
    },
  )
  const draft = createDraft(rewritten(used, resolved, []), READ, env, warnings)
  const { router, settings, general } = sectionsOf(draft)
  readKeys(draft, ['litellm_settings'], settings, LITELLM_SETTINGS)
  readKeys(draft, ['router_settings'], router, ROUTER_SETTINGS)
  readSwitches(draft, { ...settings, ...router })
  readCache(draft, settings)
  readKeys(draft, ['general_settings'], general, GENERAL_SETTINGS)
  readModelList(draft, {
    absent,
    defaults: defaultsOf(draft, { ...settings, ...router }, general),
    strict: isOff(draft, { ...settings, ...router }, 'ignore_invalid_deployments'),
  })
  assumeLitellm(draft)
  tellOfOpenCalls(draft, general)
  return { document: draft.finished(), env }
}

/** What LiteLLM does where its file does not say. A gateway of our own sends nothing twice unasked. */
function assumeLitellm(draft: Draft): void {
  const section = READ.find((name) => draft.document.values[name] !== undefined)
  if (section === undefined) return
  for (const [key, value] of Object.entries({ retries: 2, cooldown_ms: 5_000, litellm: true })) {
    if (draft.at(['routing', key]) === undefined) draft.put(['routing', key], value, [section])
  }
}

/** LiteLLM takes the variable without being told to: who moves here must not open the gateway unawares. */
function tellOfOpenCalls(draft: Draft, general: Values): void {
  if (draft.at(['keys', 'master_key']) !== undefined) return
  if ('master_key' in general) {
    draft.warn(['general_settings', 'master_key'], 'is empty: calls are open')
  } else if (draft.env['LITELLM_MASTER_KEY']) {
    const section = READ.find((name) => draft.document.values[name] !== undefined)
    if (section !== undefined)
      draft.warn(
        [section],
        'leaves calls open: LITELLM_MASTER_KEY counts where general_settings.master_key names it',
      )
  }
}

/** What is not used must not demand a variable: this comes before names are resolved. */
function withoutUnread(document: ConfigDocument, warnings: string[]): ConfigDocument {
  const values = { ...document.values }
  for (const section of NOT_READ) {
    if (!(section in values)) continue
    warnings.push(`${document.placeOf([section])} ${section} is not used yet`)
    delete values[section]
  }
  return rewritten(document, values, [])
}

interface Sections {
  readonly router: Values
  readonly settings: Values
  readonly general: Values
}

function sectionsOf({ document }: Draft): Sections {
  const section = (name: string): Values => {
    const said = document.values[name]
    if (said === undefined || said === null) return {}
    if (isObject(said)) return said
    throw invalid(`${document.placeOf([name])} ${name} must hold keys and values`)
  }
  return {
    router: section('router_settings'),
    settings: section('litellm_settings'),
    general: section('general_settings'),
  }
}

/** What two keys say together. */
function readSwitches(draft: Draft, router: Values): void {
  const path = (key: string): Path => ['router_settings', key]
  const isOn = (key: string): boolean =>
    flag({ value: router[key] ?? false, path: path(key), target: draft })
  if (isOn('disable_cooldowns')) {
    draft.put(['routing', 'cooldown_ms'], 0, path('disable_cooldowns'))
  }
  if (isOn('enable_tag_filtering')) {
    const match = isOff(draft, router, 'tag_filtering_match_any') ? 'all' : 'any'
    draft.put(['routing', 'tag_filtering'], match, path('enable_tag_filtering'))
  }
}

function isOff(draft: Draft, router: Values, key: string): boolean {
  const value = router[key] ?? true
  return !flag({ value, path: ['router_settings', key], target: draft })
}

/** What deployments have that do not say it themselves; the last one counts. */
function defaultsOf(draft: Draft, router: Values, general: Values): readonly Source[] {
  const one = (section: string, key: string, value: unknown): readonly Source[] => {
    if (value === undefined || value === null) return []
    const said = { value, path: [section, key], target: draft }
    return [{ path: [section], keys: { max_parallel_requests: count(said) } }]
  }
  const params = router['default_litellm_params'] ?? {}
  const path = ['router_settings', 'default_litellm_params']
  if (!isObject(params)) {
    throw faultOf({ value: params, path, target: draft }, 'must hold keys and values')
  }
  const key = 'default_max_parallel_requests'
  return [
    ...one('general_settings', 'max_parallel_requests', general['max_parallel_requests']),
    ...one('router_settings', key, router[key]),
    { path, keys: params },
  ]
}
