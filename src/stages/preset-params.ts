import type { Dialect, JsonObject } from '../plugin/index.ts'
import { unlessAborted } from '../util/unless-aborted.ts'
import type { Exchange } from './exchange.ts'
import type { Parts } from './parts.ts'

/** The dialects whose bodies name a model. */
const WITH_MODEL: ReadonlySet<Dialect> = new Set([
  'chat',
  'completions',
  'responses',
  'messages',
  'embeddings',
])
/** The dialects that sample. Embeddings do not, and servers refuse such parameters there. */
const SAMPLING: ReadonlySet<Dialect> = new Set(['chat', 'completions', 'responses', 'messages'])

/** Stands in `changes` where a plugin's name stands otherwise. */
const GATEWAY = 'sluice'

/**
 * Sets what the configuration and the call's sessions say about its params, before any plugin sees
 * them: first the model that the path named, then the pinned `model`, then the `sampling_params` of each session in the order of
 * `call.sessions`, so that the last one wins. Both overwrite what the caller sent, and only in a POST
 * with a JSON object; whether the reply is a stream stays with the caller, who reads it as what it asked
 * for. `call.received` stays as it came, so that what is added here is not shown to a caller who did not
 * ask for it.
 */
export async function presetParams(
  exchange: Exchange,
  parts: Pick<Parts, 'settings' | 'samplingParams'>,
): Promise<void> {
  const { body, call } = exchange
  if (!body.json || call.method !== 'POST') return
  // They differ where the path named the model.
  if (call.model !== '' && exchange.params['model'] !== call.model)
    overwrite(exchange, 'url', { model: call.model })
  if (parts.settings.model !== null && WITH_MODEL.has(call.dialect)) {
    overwrite(exchange, 'model', { model: parts.settings.model })
  }
  if (!SAMPLING.has(call.dialect)) return
  let merged: JsonObject = {}
  for (const session of call.sessions) {
    const given = parts.samplingParams(session)
    const params = given instanceof Promise ? await unlessAborted(given, call.signal) : given
    if (params) merged = { ...merged, ...params }
  }
  const { stream: _, stream_options: __, ...wanted } = merged
  overwrite(exchange, 'sampling_params', wanted)
}

/** Params that say the same already leave the bytes of the body as they are. */
function overwrite(exchange: Exchange, hook: string, wanted: JsonObject): void {
  const { params } = exchange
  const keys = Object.keys(wanted).filter(
    (key) => !Object.hasOwn(params, key) || params[key] !== wanted[key],
  )
  if (keys.length === 0) return
  exchange.params = { ...params, ...wanted }
  exchange.changes.push({ plugin: GATEWAY, hook, keys })
}
