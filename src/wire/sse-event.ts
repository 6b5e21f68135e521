/** One block of an event stream: its lines up to and including the blank one. */
export interface SseEvent {
  /** The exact bytes, with line ends and the blank line. */
  readonly bytes: Buffer
  /** Byte offset in the stream. */
  readonly at: number
  /** The event's name; `error` for the `error:` field that llama.cpp sent before late 2025. */
  readonly event: string | undefined
  /** Where the payload lies in `bytes`; both -1 when it has no line or more than one. */
  readonly dataStart: number
  readonly dataEnd: number
  /** The payload: the data lines joined with LF; invalid UTF-8 reads as U+FFFD. */
  readonly text: string
  /** `noise` carries no payload. `broken` is what a stream that was cut leaves behind. */
  readonly kind: 'event' | 'noise' | 'broken'
}

/** Where the value of a field lies; `text` joins the values when the field came more than once. */
interface Field {
  start: number
  end: number
  text: string | undefined
}

const LF = 0x0a
const CR = 0x0d
const COLON = 0x3a
const SPACE = 0x20

/** Reads the lines of one block as the WHATWG HTML standard says (section 9.2.6). */
export function readEvent(bytes: Buffer, at: number): SseEvent {
  const data: Field = { start: -1, end: -1, text: undefined }
  const error: Field = { start: -1, end: -1, text: undefined }
  let event: string | undefined

  forEachLine(bytes, at === 0 ? afterByteOrderMark(bytes) : 0, (start, end) => {
    const colon = nameEnd(bytes, start, end)
    const value = Math.min(bytes[colon + 1] === SPACE ? colon + 2 : colon + 1, end)
    switch (bytes.toString('latin1', start, colon)) {
      case 'data':
        return addLine(data, bytes, value, end)
      case 'event':
        event = bytes.toString('utf8', value, end) || undefined
        return
      case 'error':
        return addLine(error, bytes, value, end)
      default:
    }
  })

  if (data.text) return toEvent(bytes, at, event, data)
  if (error.text) return toEvent(bytes, at, 'error', error)
  return { bytes, at, event, dataStart: -1, dataEnd: -1, text: '', kind: 'noise' }
}

/** The same for the commonest block of all: `data:` on one line, and two line feeds. */
export function readDataLine(bytes: Buffer, at: number): SseEvent {
  const dataStart = bytes[5] === SPACE ? 6 : 5
  const dataEnd = bytes.length - 2
  const text = bytes.toString('utf8', dataStart, dataEnd)
  return text === ''
    ? { bytes, at, event: undefined, dataStart: -1, dataEnd: -1, text, kind: 'noise' }
    : { bytes, at, event: undefined, dataStart, dataEnd, text, kind: 'event' }
}

/** True when the bytes begin with `data:`. */
export function beginsWithData(bytes: Buffer): boolean {
  return (
    bytes[0] === 0x64 &&
    bytes[1] === 0x61 &&
    bytes[2] === 0x74 &&
    bytes[3] === 0x61 &&
    bytes[4] === COLON
  )
}

/** What is left when a stream ends inside a block. Comments alone are noise, whole or not. */
export function readRest(bytes: Buffer, at: number): SseEvent {
  let kind: SseEvent['kind'] = 'noise'
  forEachLine(bytes, at === 0 ? afterByteOrderMark(bytes) : 0, (start, end) => {
    if (start < end && bytes[start] !== COLON) kind = 'broken'
  })
  return { ...readEvent(bytes, at), kind }
}

function toEvent(bytes: Buffer, at: number, event: string | undefined, field: Field): SseEvent {
  const { start, end, text = '' } = field
  return { bytes, at, event, dataStart: start, dataEnd: end, text, kind: 'event' }
}

function addLine(field: Field, bytes: Buffer, start: number, end: number): void {
  const line = bytes.toString('utf8', start, end)
  const first = field.text === undefined
  field.start = first ? start : -1
  field.end = first ? end : -1
  field.text = first ? line : `${field.text}\n${line}`
}

function afterByteOrderMark(bytes: Buffer): number {
  return bytes[0] === 0xef && bytes[1] === 0xbb && bytes[2] === 0xbf ? 3 : 0
}

/**
 * A CRLF gives an empty line more, which says nothing. Both searches go on from their last hit, or a
 * block with one kind of line end would take quadratic time.
 */
function forEachLine(
  bytes: Buffer,
  from: number,
  visit: (start: number, end: number) => void,
): void {
  let start = from
  let lf = nextOf(bytes, LF, start)
  let cr = nextOf(bytes, CR, start)
  while (start < bytes.length) {
    if (lf < start) lf = nextOf(bytes, LF, start)
    if (cr < start) cr = nextOf(bytes, CR, start)
    const end = Math.min(lf, cr)
    visit(start, end)
    start = end + 1
  }
}

function nextOf(bytes: Buffer, byte: number, from: number): number {
  const found = bytes.indexOf(byte, from)
  return found === -1 ? bytes.length : found
}

/** A line's first colon, or its end. Names are short, so a loop is faster than a native search. */
function nameEnd(bytes: Buffer, start: number, end: number): number {
  let i = start
  while (i < end && bytes[i] !== COLON) i++
  return i
}
