import { GatewayError } from '../errors/index.ts'
import { beginsWithData, readDataLine, readEvent, readRest, type SseEvent } from './sse-event.ts'

export type { SseEvent } from './sse-event.ts'

export interface SseSplitter {
  /**
   * The events that these bytes complete. Over a limit it throws `upstream_too_large`; when events
   * came before the one that is too large, they are handed out first and the next push throws.
   */
  push(bytes: Uint8Array): SseEvent[]
  /** What is left unfinished, also after a failure, so that every byte comes out. Never throws. */
  end(): SseEvent[]
}

export interface SseLimits {
  readonly maxEventBytes: number
  /** For the whole stream. None unless given. */
  readonly maxBytes?: number
}

const LF = 0x0a
const CR = 0x0d

/**
 * Cuts an event stream into its events and loses no byte: the `bytes` of all events, one after the
 * other, are the stream, however it was cut into reads. Lines end with LF, CR or CRLF and nothing else
 * (WHATWG HTML standard, section 9.2.5). Reads are kept, not copied; an event spread over many reads
 * is put together once.
 */
export function createSseSplitter(options: SseLimits): SseSplitter {
  const { maxEventBytes, maxBytes = Infinity } = options
  let parts: Buffer[] = []
  let held = 0
  let at = 0
  /** Non-blank lines that the event under way has, and whether one of them is still open. */
  let lines = 0
  let lineOpen = false
  /** The last read ended with a CR, and the LF that may belong to it has not come yet. */
  let openCr: 'none' | 'line' | 'blank' = 'none'
  let failure: GatewayError | null = null

  function hold(bytes: Buffer): void {
    if (bytes.length === 0) return
    parts.push(bytes)
    held += bytes.length
  }

  /** Everything held, and these bytes after it, in one piece. */
  function take(last: Buffer): Buffer {
    if (parts.length === 0) return last
    hold(last)
    const [only] = parts
    const whole = only !== undefined && parts.length === 1 ? only : Buffer.concat(parts, held)
    parts = []
    held = 0
    return whole
  }

  function finish(last: Buffer, crSeen: boolean, events: SseEvent[]): void {
    const joined = parts.length > 0
    const bytes = take(last)
    const plain = lines === 1 && !crSeen && !joined && beginsWithData(bytes)
    events.push(plain ? readDataLine(bytes, at) : readEvent(bytes, at))
    at += bytes.length
    lines = 0
  }

  function overLimit(length: number): boolean {
    if (length <= maxEventBytes) return false
    failure = tooLarge(`the event at byte ${at} of the stream has more than ${maxEventBytes} bytes`)
    return true
  }

  function split(bytes: Buffer): SseEvent[] {
    const events: SseEvent[] = []
    let start = 0
    let pos = 0
    if (openCr !== 'none') {
      if (bytes[0] === LF) pos = 1
      if (openCr === 'blank') {
        if (overLimit(held + pos)) {
          hold(bytes)
          return events
        }
        finish(bytes.subarray(0, pos), true, events)
        start = pos
      }
      openCr = 'none'
    }
    let lf = bytes.indexOf(LF, pos)
    let cr = bytes.indexOf(CR, pos)
    const crSeen = cr !== -1
    while (pos < bytes.length) {
      if (lf !== -1 && lf < pos) lf = bytes.indexOf(LF, pos)
      if (cr !== -1 && cr < pos) cr = bytes.indexOf(CR, pos)
      const endsWithCr = cr !== -1 && (lf === -1 || cr < lf)
      const end = endsWithCr ? cr : lf
      if (end === -1) {
        if (!lineOpen) lines++
        lineOpen = true
        break
      }
      const blank = !lineOpen && end === pos
      if (!blank && !lineOpen) lines++
      lineOpen = false
      pos = end + 1
      if (endsWithCr) {
        if (pos === bytes.length) {
          openCr = blank ? 'blank' : 'line'
          break
        }
        if (bytes[pos] === LF) pos++
      }
      if (!blank) continue
      if (overLimit(held + pos - start)) break
      finish(bytes.subarray(start, pos), crSeen, events)
      start = pos
    }
    hold(bytes.subarray(start))
    if (failure === null) overLimit(held)
    return events
  }

  return {
    push(input) {
      const bytes = Buffer.isBuffer(input)
        ? input
        : Buffer.from(input.buffer, input.byteOffset, input.byteLength)
      if (failure === null && at + held + bytes.length > maxBytes) {
        failure = tooLarge(`the stream has more than ${maxBytes} bytes`)
      }
      if (failure !== null) {
        hold(bytes)
        throw failure
      }
      if (bytes.length === 0) return []
      const events = split(bytes)
      if (failure !== null && events.length === 0) throw failure
      return events
    },

    end() {
      const rest = take(Buffer.alloc(0))
      if (rest.length === 0) return []
      // A CR that no LF can follow any more has ended the blank line after all.
      const whole = openCr === 'blank' && failure === null
      const event = whole ? readEvent(rest, at) : readRest(rest, at)
      at += rest.length
      return [event]
    },
  }
}

function tooLarge(detail: string): GatewayError {
  return new GatewayError('upstream_too_large', { detail })
}
