import { isObject, type Memory, type Refusal } from 'sluice/plugin'

/** A field that an upstream does not take for a model. */
export interface Refused {
  readonly upstream: string
  readonly model: string
  readonly field: string
}

/** What upstreams are known to refuse, kept across restarts. */
export interface Refusals {
  /** True when the field was refused, and not so long ago that it should be tried again. */
  knows(refused: Refused, now: number): boolean
  /** Resolves when the refusal is on disk; `knows` answers for it at once. */
  learn(refused: Refused, now: number): Promise<void>
}

/** Statuses by which services refuse a field: OpenAI uses 403 for logprobs a model does not give. */
const STATUSES: readonly number[] = [400, 403, 422]

/** Makes the memory of refusals. Times are milliseconds since the epoch. */
export function createRefusals(memory: Memory, relearnAfterMs: number): Refusals {
  const learned = new Map<string, number>()
  return {
    knows(refused, now) {
      const since = learned.get(`${keyOf(refused)} ${refused.field}`) ?? remembered(memory, refused)
      return since !== undefined && now - since < relearnAfterMs
    },
    async learn(refused, now) {
      const key = keyOf(refused)
      learned.set(`${key} ${refused.field}`, now)
      const known = memory.get(key)
      await memory.set(key, {
        ...(isObject(known) ? known : {}),
        [refused.field]: new Date(now).toISOString(),
      })
    },
  }
}

/** Those of the added fields that a refusal names, in its text or as its `param`. */
export function fieldsNamedBy(refusal: Refusal, added: readonly string[]): readonly string[] {
  if (!STATUSES.includes(refusal.status)) return []
  const text = `${refusal.param ?? ''}\n${refusal.message}`
  return added.filter(
    (field) => names(text, field) || (field === 'stream_options' && names(text, 'include_usage')),
  )
}

/** As a whole word: a text about `top_logprobs` does not name `logprobs`. */
function names(text: string, field: string): boolean {
  return new RegExp(`(?<!\\w)${field}(?!\\w)`).test(text)
}

function remembered(memory: Memory, refused: Refused): number | undefined {
  const known = memory.get(keyOf(refused))
  const since = isObject(known) ? known[refused.field] : undefined
  const time = typeof since === 'string' ? Date.parse(since) : Number.NaN
  return Number.isNaN(time) ? undefined : time
}

function keyOf({ upstream, model }: Refused): string {
  return `${upstream} ${model}`
}
