import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import type { Chunk } from '../../src/plugin/index.ts'
import { framingFor, type Frame, type Framing } from '../../src/wire/frames.ts'
import { createSseSplitter, type SseEvent } from '../../src/wire/sse.ts'

const FIXTURES = join(import.meta.dirname, '..', 'fixtures')

/** Recorded event streams, by file name. */
export function recordedStreams(): { name: string; bytes: Buffer }[] {
  const names = readdirSync(FIXTURES).filter((name) => name.endsWith('.sse'))
  return names.map((name) => ({ name, bytes: readFileSync(join(FIXTURES, name)) }))
}

/** The bytes in reads that end at these offsets. */
export function readsAt(bytes: Buffer, cuts: readonly number[]): Buffer[] {
  const ends = [...new Set(cuts)].filter((cut) => cut > 0 && cut < bytes.length)
  const edges = [0, ...ends.toSorted((a, b) => a - b), bytes.length]
  return edges.slice(1).map((end, i) => bytes.subarray(edges[i], end))
}

export function splitEvents(reads: readonly Buffer[], maxEventBytes = 1_000_000): SseEvent[] {
  const splitter = createSseSplitter({ maxEventBytes })
  return [...reads.flatMap((read) => splitter.push(read)), ...splitter.end()]
}

export function eventsOf(text: string): SseEvent[] {
  return splitEvents([Buffer.from(text)])
}

/** What two splits must agree on. */
export function described(events: readonly SseEvent[]): unknown[] {
  return events.map(({ bytes, ...rest }) => ({ ...rest, bytes: bytes.toString('latin1') }))
}

export function joined(pieces: readonly { bytes: Uint8Array }[]): Buffer {
  return Buffer.concat(pieces.map(({ bytes }) => bytes))
}

export function streamFraming(): Framing {
  return framingFor('text/event-stream', { maxEventBytes: 1_000_000, maxBodyBytes: 10_000_000 })
}

export function framesOf(text: string): Frame[] {
  const framing = streamFraming()
  return [...framing.push(Buffer.from(text)), ...framing.end()]
}

export function bodyFrames(text: string): readonly Frame[] {
  const framing = framingFor('application/json', { maxEventBytes: 1000, maxBodyBytes: 1_000_000 })
  framing.push(Buffer.from(text))
  return framing.end()
}

/** The chunk of a stream that has one event with this payload. */
export function chunkOf(payload: string): Chunk {
  return firstChunk(framesOf(`data: ${payload}\n\n`))
}

export function firstChunk(frames: readonly Frame[]): Chunk {
  const chunk = frames.find((frame) => frame.chunk !== null)?.chunk
  if (!chunk) throw new Error('no frame has a chunk')
  return chunk
}
