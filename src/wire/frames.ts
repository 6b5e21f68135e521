import { GatewayError } from '../errors/index.ts'
import type { Chunk } from '../plugin/index.ts'
import { makeChunk } from './chunk.ts'
import { createSseSplitter, type SseEvent } from './sse.ts'

/** A piece of a reply: an event of a stream, or the whole body. Frames joined are the reply. */
export interface Frame {
  /** Byte offset in the reply. */
  readonly at: number
  readonly bytes: Uint8Array
  /** Null for what has no payload: comments, the terminator, broken and late events, no body. */
  readonly chunk: Chunk | null
  /** True for `[DONE]`. */
  readonly terminator: boolean
  /** True for what a cut reply left unfinished: kept in the record, never shown as an event. */
  readonly broken: boolean
  /** True for everything behind the first terminator: recorded, not part of the answer. */
  readonly afterDone: boolean
}

/** Cuts one reply into frames. */
export interface Framing {
  readonly stream: boolean
  /** The frames these bytes complete. Over a limit it throws `upstream_too_large`. */
  push(bytes: Uint8Array): readonly Frame[]
  /** The last frames, also after a failure: then what is held, as a broken frame. Never throws. */
  end(): readonly Frame[]
}

export interface FrameLimits {
  readonly maxEventBytes: number
  /** For the whole reply, streamed or not. */
  readonly maxBodyBytes: number
}

/** The reply's content type decides how it is read, whatever the request asked for. */
export function framingFor(contentType: string | undefined, limits: FrameLimits): Framing {
  const mediaType = contentType?.split(';', 1)[0]?.trim().toLowerCase()
  return mediaType === 'text/event-stream' ? streamFraming(limits) : bodyFraming(limits)
}

function streamFraming({ maxEventBytes, maxBodyBytes }: FrameLimits): Framing {
  const splitter = createSseSplitter({ maxEventBytes, maxBytes: maxBodyBytes })
  let done = false

  function toFrame(event: SseEvent): Frame {
    const { at, bytes, kind } = event
    const afterDone = done
    // Some servers end with `data: [DONE]` and no blank line. Nothing was cut off there.
    const terminator = event.text.length < 16 && event.text.trim() === '[DONE]'
    if (terminator) done = true
    const chunk = kind === 'event' && !terminator && !afterDone ? makeChunk(event) : null
    return { at, bytes, chunk, terminator, broken: kind === 'broken' && !terminator, afterDone }
  }

  return {
    stream: true,
    push: (bytes) => splitter.push(bytes).map(toFrame),
    end: () => splitter.end().map(toFrame),
  }
}

function bodyFraming({ maxBodyBytes }: FrameLimits): Framing {
  const parts: Uint8Array[] = []
  let size = 0
  let ended = false

  return {
    stream: false,
    push(bytes) {
      parts.push(bytes)
      size += bytes.length
      if (size > maxBodyBytes) throw tooLarge(maxBodyBytes)
      return []
    },
    end() {
      if (ended) return []
      ended = true
      const bytes = Buffer.concat(parts, size)
      const broken = size > maxBodyBytes
      const source = { bytes, at: 0, event: undefined, dataStart: 0, dataEnd: size }
      const chunk = size === 0 || broken ? null : makeChunk(source)
      return [{ at: 0, bytes, chunk, terminator: false, broken, afterDone: false }]
    },
  }
}

function tooLarge(maxBodyBytes: number): GatewayError {
  return new GatewayError('upstream_too_large', {
    detail: `the reply has more than ${maxBodyBytes} bytes`,
  })
}
