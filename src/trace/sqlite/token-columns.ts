import type { Choice, TopLogprob } from '../../plugin/index.ts'
import type { ByteReader, ByteWriter } from './bytes.ts'
import { readFloats, writeFloats, type FloatColumn } from './columns.ts'

type Bytes = readonly number[] | null

/** `utf8`: each entry is its token in UTF-8, which need not be stored; else the entries themselves. */
export type BytesColumn = 'utf8' | readonly Bytes[] | null

/** Alternatives turned on their side, so that like stands beside like. */
export interface TopColumn {
  /** How many alternatives each token has; null where the engine gave no list. */
  readonly counts: readonly (number | null)[]
  readonly tokens: readonly string[]
  readonly bytes: BytesColumn
  /** Null where an alternative has no id; null altogether when none has one. */
  readonly ids: readonly (number | null)[] | null
  readonly logprobs: FloatColumn
}

export function writeBytes(bytes: readonly Bytes[] | null, tokens: Choice['tokens']): BytesColumn {
  if (!bytes || bytes.length !== tokens?.length) return bytes
  return bytes.every((entry, at) => isUtf8Of(entry, tokens[at] ?? null)) ? 'utf8' : bytes
}

export function readBytes(column: BytesColumn, tokens: Choice['tokens']): Choice['bytes'] {
  if (column !== 'utf8') return column
  return (tokens ?? []).map((token) => (token === null ? null : [...Buffer.from(token)]))
}

export function writeTop(to: ByteWriter, rows: Choice['top_logprobs']): TopColumn | null {
  if (rows === null) return null
  const all = rows.flatMap((row) => row ?? [])
  const tokens = all.map(({ token }) => token)
  const bytes = all.map((entry) => entry.bytes)
  const logprobs = all.map(({ logprob }) => logprob)
  return {
    counts: rows.map((row) => row?.length ?? null),
    tokens,
    bytes: writeBytes(bytes, tokens),
    ids: all.some(({ id }) => id !== undefined) ? all.map(({ id }) => id ?? null) : null,
    logprobs: writeFloats(to, logprobs),
  }
}

export function readTop(from: ByteReader, column: TopColumn | null): Choice['top_logprobs'] {
  if (column === null) return null
  const bytes = readBytes(column.bytes, column.tokens)
  const logprobs = readFloats(from, column.logprobs)
  const all = column.tokens.map((token, at): TopLogprob => {
    const id = column.ids?.[at] ?? null
    const entry = { token, logprob: logprobs?.[at] ?? null, bytes: bytes?.[at] ?? null }
    return id === null ? entry : { ...entry, id }
  })
  let at = 0
  return column.counts.map((count) => (count === null ? null : all.slice(at, (at += count))))
}

function isUtf8Of(bytes: Bytes, token: string | null): boolean {
  if (bytes === null || token === null) return bytes === token
  // Most tokens are ASCII, and encoding each one into a buffer of its own would be slow.
  if (bytes.length === token.length) {
    let at = 0
    while (at < bytes.length && bytes[at] === token.charCodeAt(at) && (bytes[at] as number) < 0x80)
      at++
    if (at === bytes.length) return true
  }
  const encoded = Buffer.from(token)
  return encoded.length === bytes.length && encoded.every((byte, at) => byte === bytes[at])
}
