import type { Edit, WireRecord } from '../../plugin/index.ts'
import { commonPrefix, commonSuffix, type ByteReader, type ByteWriter } from './bytes.ts'

/** A replaced range; `inserted` counts bytes that follow in the columns, null for none at all. */
type StoredEdit = readonly [at: number, removed: number, inserted: number | null]

export interface StoredWire {
  readonly stream: boolean
  /** Null: the received body went out unchanged. An edit: it did but for one range. */
  readonly sent: 'stored' | StoredEdit | null
  readonly edits: readonly StoredEdit[]
}

/** A sent body that differs in more than this is stored like a received one, part by part. */
const MAX_EDIT = 1024

export function encodeWire(
  to: ByteWriter,
  { received, sent, edits, stream }: WireRecord,
): StoredWire {
  const change = sent && editOf(received, sent)
  return {
    stream,
    sent: change === null ? null : change === 'large' ? 'stored' : writeEdit(to, change),
    edits: edits.map((edit) => writeEdit(to, edit)),
  }
}

export function decodeWire(
  from: ByteReader,
  stored: StoredWire,
  received: Uint8Array,
  readSent: () => Uint8Array,
): Omit<WireRecord, 'response'> {
  const { sent, stream } = stored
  const change = sent !== null && sent !== 'stored' ? readEdit(from, sent) : null
  const edits = stored.edits.map((edit) => readEdit(from, edit))
  return {
    received,
    sent: change ? applyEdit(received, change) : sent && readSent(),
    edits,
    stream,
  }
}

/** What plugins usually do: a few fields put in at one place. */
function editOf(received: Uint8Array, sent: Uint8Array): Edit | 'large' {
  const at = commonPrefix(received, sent)
  const shorter = Math.min(received.length, sent.length)
  const tail = commonSuffix(received, sent, shorter - at)
  const inserted = sent.subarray(at, sent.length - tail)
  const removed = received.length - tail - at
  return inserted.length > MAX_EDIT ? 'large' : { at, removed, inserted }
}

function applyEdit(received: Uint8Array, { at, removed, inserted }: Edit): Uint8Array {
  const head = received.subarray(0, at)
  return Buffer.concat([head, inserted ?? new Uint8Array(), received.subarray(at + removed)])
}

function writeEdit(to: ByteWriter, { at, removed, inserted }: Edit): StoredEdit {
  if (inserted) to.bytes(inserted)
  return [at, removed, inserted?.length ?? null]
}

function readEdit(from: ByteReader, [at, removed, inserted]: StoredEdit): Edit {
  return { at, removed, inserted: inserted === null ? null : from.bytes(inserted).slice() }
}
