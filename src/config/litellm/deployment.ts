import { isObject } from '../../plugin/index.ts'
import type { Path, Values } from '../document.ts'
import { createCollector, type Collected } from './collector.ts'
import type { Source } from './credentials.ts'
import type { Draft } from './draft.ts'
import { MODEL_INFO } from './model-info.ts'
import { namedServer } from './named-server.ts'
import { PARAMS, readParameter } from './params.ts'
import { all, elsewhere, moved, readKeys, tableOf } from './rows.ts'
import { count, faultOf, inside, object, texts, type Said } from './values.ts'

/** An entry of `upstreams` made of one of `model_list`. */
export interface Deployment extends Collected {
  readonly path: Path
  readonly group: string
}

/** What an entry is read with: what it may refer to, and what it gets if it says nothing. */
export interface Context {
  readonly draft: Draft
  readonly credentials: ReadonlyMap<string, Source>
  readonly defaults: readonly Source[]
  /** Paths whose variable is not set, joined by dots. */
  readonly absent: ReadonlySet<string>
}

/** The keys of an entry beside its sections. */
export const ENTRY = tableOf({
  ...all(['model_name', 'litellm_params', 'model_info'], elsewhere),
  rpm: moved(['rpm'], count),
  tpm: moved(['tpm'], count),
})

/** Which key of `litellm_params` tells a key of the server. */
const WRITTEN_AS: ReadonlyMap<string, string> = new Map([
  ['url', 'api_base'],
  ['api_path', 'api_base'],
  ['provider', 'model'],
  ['kind', 'model'],
])

/**
 * Reads an entry of `model_list`; one for each of its organizations, and none, with the reason, when
 * there is no server for it.
 *
 * @throws GatewayError `config_invalid` for an entry that is none
 */
export function readDeployments(
  { draft, credentials, defaults, absent }: Context,
  entry: unknown,
  index: number,
): readonly Deployment[] | string {
  const path: Path = ['model_list', index]
  const said: Said = { value: entry, path, target: draft }
  const { keys, group, params, info } = partsOf(said)
  const lent = params['litellm_credential_name']
  const credential = typeof lent === 'string' ? credentials.get(lent) : undefined
  if (lent && !credential) return 'there is no such credential in credential_list'
  const own: Source = { path: [...path, 'litellm_params'], keys: params }
  const sources = [...defaults, ...(credential ? [credential] : []), own]
  const found = namedServer(sources, draft, draft.env, absent)
  if (typeof found === 'string') return found
  const { server, model } = found
  if (model.includes('*') && !group.includes('*'))
    return `its model has a * that "${group}" has not`
  const made = createCollector(draft)
  made.came([], path)
  for (const [key, value] of Object.entries(server)) {
    made.put([key], value, [...own.path, WRITTEN_AS.get(key) ?? key])
  }
  if (group !== '*') made.put(['models'], [group], [...path, 'model_name'])
  if (model !== group) made.put(['send_model'], model, [...own.path, 'model'])
  // From the weakest to the strongest: a key that is put again takes the place of the one before.
  readKeys(made, [...path, 'model_info'], info, MODEL_INFO, () => {})
  if (Object.keys(info).length > 0) made.put(['info'], info, [...path, 'model_info'])
  for (const source of sources) readKeys(made, source.path, source.keys, PARAMS, readParameter)
  readKeys(made, path, keys, ENTRY)
  return organizationsOf(said, sources).map((one) => ({ ...made.collected(one), path, group }))
}

interface Parts {
  readonly keys: Values
  readonly group: string
  readonly params: Values
  readonly info: Values
}

function partsOf(said: Said): Parts {
  const { value: entry } = said
  if (!isObject(entry)) throw faultOf(said, 'must hold model_name and litellm_params')
  const { model_name: group, litellm_params: params } = entry
  const info = entry['model_info'] ?? {}
  if (typeof group !== 'string' || group === '') {
    throw faultOf(inside(said, 'model_name', group), 'must be a name')
  }
  if (!isObject(params)) {
    throw faultOf(inside(said, 'litellm_params', params), 'must hold at least model')
  }
  return { keys: entry, group, params, info: object(inside(said, 'model_info', info)) }
}

/** The organizations of OpenAI that are called in turn; null for the one of the key. */
function organizationsOf(said: Said, sources: readonly Source[]): readonly (string | null)[] {
  const value = sources.findLast(({ keys }) => keys['organization'])?.keys['organization']
  return value === undefined ? [null] : texts(inside(said, 'organization', value))
}
