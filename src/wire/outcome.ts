import { isObject, type Chunk, type Dialect } from '../plugin/index.ts'
import { isParsed } from './chunk.ts'
import { createFinish, eventType } from './finish.ts'
import type { Frame } from './frames.ts'

/** How the upstream's sending ended. */
export interface ReplyEnd {
  /** The transport ended the body as HTTP says: not reset, not cut, not timed out. */
  readonly cleanEof: boolean
  readonly stream: boolean
  readonly httpStatus: number
}

export interface Verdict {
  readonly status: 'complete' | 'partial' | 'error'
  /** Why it is not complete, or what is odd about a complete one. */
  readonly reason: string | null
}

/** Judges from its frames whether a reply is whole. */
export interface Outcome {
  /**
   * True for the frame where the reply's ending begins: its last open choice is finished, its
   * terminator is there, or it is an error event, at which clients stop reading. From it on everything is held until the trace is saved.
   */
  see(frame: Frame): boolean
  verdict(end: ReplyEnd): Verdict
  /** The reply has said that it is over; whatever the transport does now changes nothing. */
  readonly terminated: boolean
  /** What is odd but changes nothing: `data_after_done`, `choices_missing`. */
  warnings(): string[]
}

export function createOutcome(dialect: Dialect, expected: number | null): Outcome {
  const finish = createFinish(dialect, expected)
  let size = 0
  let body: Chunk | null = null
  let terminated = false
  let failed = false
  let broken = false
  let late = false

  function seeChunk(chunk: Chunk): boolean {
    body ??= chunk
    const finishes = finish.see(chunk)
    const fails = isError(chunk)
    if (fails) failed = true
    if (isTerminator(dialect, chunk)) terminated = true
    return finishes || fails
  }

  function judgeBody(): Verdict {
    if (size === 0) return complete('empty_body')
    if (broken || body === null) return partial('broken_event')
    if (dialect !== 'other' && body.outline === undefined) return complete('parse_error')
    if (failed) return { status: 'error', reason: 'upstream_error_body' }
    return finish.aborted ? partial('aborted') : complete(null)
  }

  function judgeStream(cleanEof: boolean): Verdict {
    if (failed) return { status: 'error', reason: 'upstream_error_event' }
    if (broken) return partial('broken_event')
    if (!terminated && !cleanEof) return partial('upstream_reset')
    if (dialect === 'other' || dialect === 'embeddings') return complete(null)
    if (!terminated && !finish.all) return partial('no_terminator')
    if (!finish.some) return partial('no_finish')
    if (finish.aborted) return partial('aborted')
    return complete(terminated ? null : 'terminator_missing')
  }

  return {
    see(frame) {
      size += frame.bytes.length
      if (frame.afterDone) {
        late ||= !isBlank(frame.bytes)
        return false
      }
      if (frame.terminator) terminated = true
      if (frame.broken) broken = true
      const finishes = frame.chunk !== null && seeChunk(frame.chunk)
      return finishes || frame.terminator
    },
    get terminated() {
      return terminated
    },
    verdict({ cleanEof, stream, httpStatus }) {
      if (httpStatus >= 400) return { status: 'error', reason: `upstream_status_${httpStatus}` }
      if (stream) return judgeStream(cleanEof)
      return cleanEof ? judgeBody() : partial('upstream_reset')
    },
    warnings() {
      const warnings: string[] = []
      if (late) warnings.push('data_after_done')
      if (terminated && expected !== null && finish.some && !finish.all) {
        warnings.push('choices_missing')
      }
      return warnings
    },
  }
}

function complete(reason: string | null): Verdict {
  return { status: 'complete', reason }
}

function partial(reason: string): Verdict {
  return { status: 'partial', reason }
}

/** An error in place of an answer: OpenAI's shape, the flat one of SGLang, or an `error` event. */
function isError(chunk: Chunk): boolean {
  if (chunk.event === 'error' || chunk.event === 'response.failed') return true
  if (!isParsed(chunk) && !mayTellError(chunk.text)) return false
  const { outline: data } = chunk
  if (!isObject(data)) return false
  return Boolean(data['error']) || data['object'] === 'error' || data['type'] === 'response.failed'
}

function mayTellError(text: string): boolean {
  return text.includes('error"') || text.includes('response.failed"')
}

/** Responses and messages have no `[DONE]`: their last event has a name. */
function isTerminator(dialect: Dialect, chunk: Chunk): boolean {
  if (dialect === 'messages') return eventType(chunk, 'message_stop') === 'message_stop'
  if (dialect !== 'responses') return false
  const type = eventType(chunk, 'response.')
  return type === 'response.completed' || type === 'response.incomplete'
}

function isBlank(bytes: Uint8Array): boolean {
  return bytes.every((byte) => byte === 0x0a || byte === 0x0d)
}
