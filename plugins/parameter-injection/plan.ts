import { isObject, type Call, type Json, type JsonObject, type UpstreamKind } from 'sluice/plugin'
import { logprobsFields, tokenIdFields, type Shape } from './fields.ts'
import { asksLogprobs, modeFor } from './mode.ts'
import type { Mode, Settings } from './settings.ts'

/** What is asked for on the caller's behalf in one attempt. */
export interface Plan {
  readonly mode: Mode
  readonly shape: Shape
  /** As it is sent; the very object that came in when nothing is added. */
  readonly params: JsonObject
  /** The top-level fields that were added or changed. */
  readonly added: readonly string[]
}

/**
 * Plans one attempt. What the caller set itself is left alone, with two exceptions in which a `false`
 * would cost the record: `logprobs` on chat, and vLLM's `include_reasoning`, which drops the ids and
 * logprobs of the whole choice together with the reasoning. The caller still gets neither.
 */
export function planAttempt(
  settings: Settings,
  params: JsonObject,
  call: Call,
  kind: UpstreamKind,
  isRefused: (field: string) => boolean,
): Plan {
  const mode = modeFor(settings, call, kind)
  const shape = { kind, chat: call.dialect === 'chat', streaming: params['stream'] === true }
  const sent: Record<string, Json | undefined> = { ...params }
  const added: string[] = []

  function add(name: string, value: Json): void {
    const isIndispensable = mode === 'required' && name === 'logprobs'
    if (!isIndispensable && isRefused(name)) return
    sent[name] = value
    added.push(name)
  }

  const wantsLogprobs = asksLogprobs(mode, kind)
  const wantsIds = settings.tokenIds === 'auto'

  for (const { name, value, besideHiddenLogprobs } of [
    ...(wantsLogprobs && lacksLogprobs(params, shape.chat) ? logprobsFields(shape) : []),
    ...(wantsIds ? tokenIdFields(shape) : []),
  ]) {
    if (besideHiddenLogprobs && !added.includes('logprobs')) continue
    if (name === 'logprobs' || isUnset(params[name])) add(name, value)
  }
  if ((wantsLogprobs || wantsIds) && withholdsReasoning(params, shape)) {
    add('include_reasoning', true)
  }
  if (settings.usage === 'auto' && shape.streaming) {
    const options = withUsage(params['stream_options'])
    if (options) add('stream_options', options)
  }
  return { mode, shape, params: added.length > 0 ? sent : params, added }
}

/**
 * A caller that wants alternatives but no logprobs made a mistake. The engine tells it so, unless
 * logprobs are added; so they are not.
 */
function lacksLogprobs(params: JsonObject, chat: boolean): boolean {
  const { logprobs, top_logprobs: alternatives } = params
  if (!chat) return isUnset(logprobs)
  const wantsAlternatives = !isUnset(alternatives) && alternatives !== 0
  return (isUnset(logprobs) || logprobs === false) && !wantsAlternatives
}

function withholdsReasoning(params: JsonObject, { kind, chat }: Shape): boolean {
  return chat && (kind === 'vllm' || kind === 'vllm-old') && params['include_reasoning'] === false
}

/** Stream options with usage in them; undefined when the caller decided about usage itself. */
function withUsage(options: Json | undefined): JsonObject | undefined {
  if (isUnset(options)) return { include_usage: true }
  if (!isObject(options) || !isUnset(options['include_usage'])) return undefined
  return { ...options, include_usage: true }
}

/** SDKs write null for what their user left open. */
function isUnset(value: Json | undefined): value is null | undefined {
  return value === undefined || value === null
}
