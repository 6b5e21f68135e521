import { isObject, type Chunk, type Dialect, type Json } from '../plugin/index.ts'
import { isParsed } from './chunk.ts'

/** What the chunks of a reply have said so far about its choices being finished. */
export interface Finish {
  /** True for the chunk with which the last expected choice is finished, once. */
  see(chunk: Chunk): boolean
  /** At least one choice is finished. */
  readonly some: boolean
  /** Every expected choice is finished. */
  readonly all: boolean
  /** A choice was ended by the engine, not by the model. */
  readonly aborted: boolean
}

const SPACE = 0x20
const COLON = 0x3a
const LETTER_N = 0x6e

/** `expected` null: the number of choices is unknown, so `see` never says true for choices. */
export function createFinish(dialect: Dialect, expected: number | null): Finish {
  const finished = new Set<number>()
  let all = false
  let aborted = false

  function seeChoices(chunk: Chunk): void {
    if (!isParsed(chunk) && !saysNonNull(chunk.text, 'finish_reason"')) return
    const { outline: data } = chunk
    if (!isObject(data) || !Array.isArray(data['choices'])) return
    for (const choice of data['choices'] as readonly Json[]) seeChoice(choice)
  }

  function seeChoice(choice: Json): void {
    if (!isObject(choice)) return
    const { index, finish_reason: reason } = choice
    // Some servers write an empty reason on every chunk; it means the same as null.
    if (reason === undefined || reason === null || reason === '') return
    finished.add(typeof index === 'number' ? index : 0)
    if (reason === 'abort') aborted = true
  }

  function seeEnd(chunk: Chunk): void {
    const ends = dialect === 'responses' ? endsResponse(chunk) : endsMessage(chunk)
    if (ends) finished.add(0)
  }

  return {
    get some() {
      return finished.size > 0
    },
    get all() {
      return all
    },
    get aborted() {
      return aborted
    },
    see(chunk) {
      const wasAll = all
      switch (dialect) {
        case 'chat':
        case 'completions':
          seeChoices(chunk)
          all ||= expected !== null && finished.size >= expected
          break
        case 'responses':
        case 'messages':
          seeEnd(chunk)
          all ||= finished.size > 0
          break
        default:
      }
      return all && !wasAll
    },
  }
}

/**
 * Looks for a key with a value other than null, without parsing: nearly every chunk says
 * `"finish_reason":null`. May find what is not a key, never misses one. The search is for `key"`
 * because `"` is so frequent in JSON that starting from one is six times slower.
 */
function saysNonNull(text: string, keyAndQuote: string): boolean {
  let i = text.indexOf(keyAndQuote)
  while (i !== -1) {
    i += keyAndQuote.length
    while (text.charCodeAt(i) === SPACE || text.charCodeAt(i) === COLON) i++
    if (text.charCodeAt(i) !== LETTER_N) return true
    i = text.indexOf(keyAndQuote, i)
  }
  return false
}

const RESPONSE_ENDS = ['response.completed', 'response.failed', 'response.incomplete']

function endsResponse(chunk: Chunk): boolean {
  return RESPONSE_ENDS.includes(eventType(chunk, 'response.'))
}

function endsMessage(chunk: Chunk): boolean {
  if (!isParsed(chunk) && !saysNonNull(chunk.text, 'stop_reason"')) return false
  if (eventType(chunk, 'message_delta') !== 'message_delta' || !isObject(chunk.outline))
    return false
  const { delta } = chunk.outline
  return isObject(delta) && typeof delta['stop_reason'] === 'string'
}

/** The event's name, or its payload's `type` when it is unnamed and mentions the word. */
export function eventType(chunk: Chunk, word: string): string {
  if (chunk.event !== undefined) return chunk.event
  if (!isParsed(chunk) && !chunk.text.includes(word)) return ''
  if (!isObject(chunk.outline)) return ''
  const { type } = chunk.outline
  return typeof type === 'string' ? type : ''
}
