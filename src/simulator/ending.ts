import { textSteps } from './tokenizer.ts'
import { EOS } from './vocabulary.ts'

/** What a request says about sampling, defaults applied. */
export interface Sampling {
  readonly seed: number | null
  readonly temperature: number
  readonly maxTokens: number
  readonly minTokens: number
  readonly ignoreEos: boolean
  readonly stop: readonly string[]
  readonly stopTokenIds: readonly number[]
  readonly includeStop: boolean
  readonly skipSpecialTokens: boolean
}

/** How a reply came out: its tokens, the text they release and why it ended. */
export interface Ending {
  /** Every sampled token, with the one that ended the reply. */
  readonly ids: readonly number[]
  /** The text each token releases, one entry per id. Together they are the text of the reply. */
  readonly texts: readonly string[]
  /** `abort` where the engine was told to stop it. */
  readonly finishReason: 'stop' | 'length' | 'abort'
  readonly stopReason: number | string | null
}

/** Applies whatever ends a reply first: a stop token, a stop string, its own end, the token limit. */
export const endReply = (natural: readonly number[], sampling: Sampling): Ending => {
  const limited = natural.slice(0, sampling.maxTokens)
  const stopToken = findStopToken(limited, sampling)
  const ids = stopToken < 0 ? limited : limited.slice(0, stopToken + 1)
  const texts = textSteps(ids, sampling.skipSpecialTokens)
  const stopped = cutAtStopString(ids, texts, sampling)
  if (stopped !== null) return stopped
  if (ids.at(-1) === EOS || stopToken >= 0) {
    // The engine leaves the token that ended the reply out of the text, unless asked for it.
    if (!sampling.includeStop) texts[texts.length - 1] = ''
    const stopReason = ids.at(-1) === EOS ? null : (ids.at(-1) ?? null)
    return { ids, texts, finishReason: 'stop', stopReason }
  }
  return { ids, texts, finishReason: 'length', stopReason: null }
}

const findStopToken = (ids: readonly number[], sampling: Sampling): number => {
  const stops = sampling.ignoreEos ? sampling.stopTokenIds : [EOS, ...sampling.stopTokenIds]
  return ids.findIndex((id, at) => at >= sampling.minTokens && stops.includes(id))
}

const cutAtStopString = (
  ids: readonly number[],
  texts: readonly string[],
  sampling: Sampling,
): Ending | null => {
  if (sampling.stop.length === 0) return null
  let text = ''
  for (const [at, step] of texts.entries()) {
    const searchFrom = text.length
    text += step
    if (step === '' || at < sampling.minTokens) continue
    const found = firstStop(text, searchFrom, sampling.stop)
    if (found === null) continue
    const end = sampling.includeStop ? found.at + found.stop.length : found.at
    return {
      ids: ids.slice(0, at + 1),
      texts: cutTexts(texts.slice(0, at + 1), end),
      finishReason: 'stop',
      stopReason: found.stop,
    }
  }
  return null
}

const firstStop = (
  text: string,
  from: number,
  stops: readonly string[],
): { at: number; stop: string } | null => {
  const hits = stops
    .map((stop) => ({ stop, at: text.indexOf(stop, Math.max(from - stop.length + 1, 0)) }))
    .filter((hit) => hit.at >= 0)
    .sort((one, other) => one.at - other.at)
  return hits[0] ?? null
}

/** A stop string may begin in earlier tokens; an engine holds that text back, so it is cut there. */
const cutTexts = (texts: readonly string[], end: number): string[] => {
  let released = 0
  return texts.map((step) => {
    const kept = step.slice(0, Math.max(end - released, 0))
    released += step.length
    return kept
  })
}
