import type { Chunk, Edit, Json, Rows } from '../plugin/index.ts'
import { applyEdits } from './edits.ts'
import { cutPaths, mayHave } from './json-cuts.ts'
import { parseJson } from './json-parse.ts'
import type { Span } from './json-scan.ts'
import { outlineOf, type Outline } from './outline.ts'

/** The bytes a chunk is read from: an SSE event, or a whole body. */
export interface ChunkSource {
  readonly bytes: Buffer
  /** Byte offset in the upstream's reply. */
  readonly at: number
  readonly event: string | undefined
  /** Where the payload lies in `bytes`; -1 when it is spread over several lines. */
  readonly dataStart: number
  readonly dataEnd: number
  /** The payload's text, where it is decoded already. */
  readonly text?: string
}

/** Below this size a payload is parsed whole faster than it is looked through first. */
const LEAST_OUTLINED = 1_024

/** A frame, as far as edits are concerned. */
interface Place {
  readonly at: number
  readonly bytes: Uint8Array
}

export function makeChunk(source: ChunkSource): Chunk {
  return new WireChunk(source, null, [], [])
}

/** True when its payload was parsed already, so that reading `outline` costs nothing. */
export function isParsed(chunk: Chunk): boolean {
  return chunk instanceof WireChunk && chunk.parsed
}

/** What to send for a chunk, event framing included. An unchanged chunk gives its own bytes. */
export function chunkBytes(chunk: Chunk): Uint8Array {
  const { source } = ours(chunk)
  return applyEdits(source.bytes, chunkEdits(chunk), source.at)
}

/**
 * What was changed in a chunk, in offsets of the upstream's reply. Unchanged: empty. With the `frame`
 * whose place it takes, a chunk that was made from another one is seen to replace all of it.
 */
export function chunkEdits(chunk: Chunk, frame?: Place): readonly Edit[] {
  const { source, replacement, cuts } = ours(chunk)
  if (frame !== undefined && frame.at !== source.at) {
    return [{ at: frame.at, removed: frame.bytes.length, inserted: chunkBytes(chunk) }]
  }
  if (replacement === null) {
    const base = source.at + source.dataStart
    return cuts.map((cut) => cutEdit(cut, base))
  }
  const payload = withoutCuts(replacement, cuts)
  if (source.dataStart === -1) {
    const inserted = frameEvent(source.event, payload)
    return [{ at: source.at, removed: source.bytes.length, inserted }]
  }
  const removed = source.dataEnd - source.dataStart
  return [{ at: source.at + source.dataStart, removed, inserted: payload }]
}

/** The edit that leaves a whole frame out. */
export function dropEdits({ at, bytes }: Place): readonly Edit[] {
  return [{ at, removed: bytes.length, inserted: null }]
}

/** One is made per token: a class keeps its lazy getters on the prototype and the object small. */
class WireChunk implements Chunk {
  readonly source: ChunkSource
  /** The payload that stands in for the source's own; null while that one is used. */
  readonly replacement: Buffer | null
  /** Ranges of the payload that are left out, and the paths they stand for. */
  readonly cuts: readonly Span[]
  readonly paths: readonly string[]
  #text: string | undefined
  #data: Json | undefined
  #parsed = false
  /** Undefined until it was looked for, null when there is none. */
  #outlined: Outline | null | undefined
  #outline: Json | undefined

  constructor(
    source: ChunkSource,
    replacement: Buffer | null,
    cuts: readonly Span[],
    paths: readonly string[],
  ) {
    this.source = source
    this.replacement = replacement
    this.cuts = cuts
    this.paths = paths
    if (replacement === null && cuts.length === 0) this.#text = source.text
  }

  get event(): string | undefined {
    return this.source.event
  }

  get text(): string {
    this.#text ??= withoutCuts(this.#payload(), this.cuts).toString()
    return this.#text
  }

  get parsed(): boolean {
    return this.#parsed || Boolean(this.#outlined)
  }

  get data(): Json | undefined {
    if (!this.#parsed) {
      this.#data = parseJson(this.text)
      this.#parsed = true
    }
    return this.#data
  }

  get outline(): Json | undefined {
    return this.#lookThrough() ? this.#outline : this.data
  }

  rows(path: string): Rows | undefined {
    return this.#lookThrough()?.rows.get(path)
  }

  omit(...paths: readonly string[]): Chunk {
    const { source, replacement } = this
    if (!mayHave(this.#text ?? this.#payload(), paths)) return this
    if (replacement === null && source.dataStart === -1) {
      return this.data === undefined ? this : this.#omitFromLines(this.data, paths)
    }
    // All paths are looked for again in the uncut payload: cuts made one after the other would not
    // agree on which of them takes the comma between two neighbours.
    const all = this.paths.length === 0 ? paths : [...this.paths, ...paths]
    const cuts = cutPaths(this.#payload(), all, this.#outlined?.ends)
    if (bytesIn(cuts) === bytesIn(this.cuts)) return this
    return new WireChunk(source, replacement, cuts, all)
  }

  replace(data: Json): Chunk {
    return new WireChunk(this.source, Buffer.from(JSON.stringify(data)), [], [])
  }

  #payload(): Buffer {
    const { bytes, dataStart, dataEnd } = this.source
    return this.replacement ?? bytes.subarray(dataStart, dataEnd)
  }

  /** Only a payload as it came, in one piece, has lists that are worth leaving out. */
  #lookThrough(): Outline | null {
    if (this.#outlined !== undefined) return this.#outlined
    const { dataStart, dataEnd } = this.source
    const isWhole = dataStart !== -1 && this.replacement === null && this.cuts.length === 0
    const isLarge = dataEnd - dataStart >= LEAST_OUTLINED
    this.#outlined = isWhole && isLarge ? outlineOf(this.#payload()) : null
    if (this.#outlined) this.#outline = parseJson(this.#outlined.text)
    return this.#outlined
  }

  /** A payload of several lines has no bytes in one piece to cut from; it becomes one line first. */
  #omitFromLines(data: Json, paths: readonly string[]): Chunk {
    const line = this.replace(data)
    const less = line.omit(...paths)
    return less === line ? this : less
  }
}

function ours(chunk: Chunk): WireChunk {
  if (chunk instanceof WireChunk) return chunk
  throw new TypeError('not a chunk of this gateway: make one with chunk.omit() or chunk.replace()')
}

function bytesIn(cuts: readonly Span[]): number {
  return cuts.reduce((sum, { start, end }) => sum + end - start, 0)
}

function withoutCuts(payload: Buffer, cuts: readonly Span[]): Buffer {
  return applyEdits(
    payload,
    cuts.map((cut) => cutEdit(cut, 0)),
  )
}

function cutEdit({ start, end }: Span, base: number): Edit {
  return { at: base + start, removed: end - start, inserted: null }
}

function frameEvent(event: string | undefined, payload: Buffer): Buffer {
  const head = event === undefined ? 'data: ' : `event: ${event}\ndata: `
  return Buffer.concat([Buffer.from(head), payload, Buffer.from('\n\n')])
}
