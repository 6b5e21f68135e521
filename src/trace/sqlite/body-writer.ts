import { hash } from 'node:crypto'
import { packBlob } from './blob.ts'
import { ByteWriter, commonPrefix, sameBytes } from './bytes.ts'
import { cutBody } from './cut-body.ts'
import type { BodyKind, LiveBody, LiveSession } from './live-sessions.ts'
import type { Chain } from './number-chain.ts'
import type { WriterState } from './writer-state.ts'

/** A part is written once and read for good, but a frame of its own costs the call more than it saves. */
const COMPRESS_FROM = 1024

/**
 * Stores a body as a list of parts and returns the list's key. Where the body begins like one of the
 * session's last bodies, nothing is cut, hashed or written again.
 */
export function writeBody(
  state: WriterState,
  session: LiveSession,
  kind: BodyKind,
  view: Uint8Array,
): number {
  const recent = session.bodies[kind]
  const { like, length } = mostAlike(recent, view)
  if (like && length === view.length && length === like.bytes.length) return like.chain.key
  // The view shares its memory with the whole batch, which must not outlive it.
  const bytes = view.slice()
  const cut = cutBody(bytes, like ? { cut: like.cut, length } : undefined)
  const count = cut.spans.length / 2
  const parts = new Int32Array(count + 1)
  const between = new ByteWriter()
  const runs = new ByteWriter(16)
  let at = 0
  let run = 0
  for (let part = 0; part < count; part++) {
    const start = cut.spans[part * 2] as number
    const end = cut.spans[part * 2 + 1] as number
    if (start > at || part === 0) {
      if (part > 0) runs.varint(run)
      runs.varint(start - at)
      between.bytes(bytes.subarray(at, start))
      run = 0
    }
    run++
    at = end
    parts[part] =
      like && isKnown(like, part, start, end, length)
        ? (like.chain.values[part] as number)
        : partKey(state, session, bytes.subarray(start, end))
  }
  if (count > 0) runs.varint(run)
  between.bytes(bytes.subarray(at))
  parts[count] = partKey(state, session, between.finish())
  const packedRuns = runs.finish().slice()
  const chain = chainOf(state, session, recent, parts, packedRuns)
  state.sessions.addBody(session, kind, { bytes, cut, chain, runs: packedRuns })
  return chain.key
}

function mostAlike(
  recent: readonly LiveBody[],
  bytes: Uint8Array,
): { like: LiveBody | null; length: number } {
  let like: LiveBody | null = null
  let length = 0
  for (const body of recent) {
    const shared = commonPrefix(body.bytes, bytes)
    if (shared > length) [like, length] = [body, shared]
  }
  return { like, length }
}

function isKnown(
  { cut }: LiveBody,
  part: number,
  start: number,
  end: number,
  length: number,
): boolean {
  return end <= length && cut.spans[part * 2] === start && cut.spans[part * 2 + 1] === end
}

/** A list that says the same as an earlier one is that one. */
function chainOf(
  state: WriterState,
  session: LiveSession,
  recent: readonly LiveBody[],
  parts: Int32Array,
  runs: Uint8Array,
): Chain {
  const same = recent.find(
    (body) =>
      body.chain.values.length === parts.length &&
      body.chain.values.every((key, at) => key === parts[at]) &&
      sameBytes(body.runs, runs),
  )
  return (
    same?.chain ??
    state.writeChain(
      session.key,
      parts,
      recent.map(({ chain }) => chain),
      runs,
    )
  )
}

/** The key of a part, stored on first sight. SHA-256 cut to 128 bits: no two bodies will ever meet. */
function partKey(state: WriterState, session: LiveSession, bytes: Uint8Array): number {
  const name = hash('sha256', bytes, 'buffer').subarray(0, 16)
  const { findPart, insertPart, insertPartRef } = state.sql
  const found = findPart.get(name) as { key: number } | undefined
  const key = found?.key ?? ++state.last.part
  if (!found) insertPart.run(key, name, packBlob(bytes, COMPRESS_FROM))
  insertPartRef.run(session.key, key)
  return key
}
