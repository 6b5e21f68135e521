import { isObject } from '../plugin/index.ts'
import type { CachedReply } from './reply-cache.ts'

/** Bytes of the length that stands in front. */
const LENGTH = 4

/**
 * An answer as one value: the length of its head as a big-endian number of four bytes, the head as JSON,
 * then the body as it is.
 */
export function encodeEntry({ body, ...head }: CachedReply): Buffer {
  const text = Buffer.from(JSON.stringify(head))
  const length = Buffer.alloc(LENGTH)
  length.writeUInt32BE(text.length)
  return Buffer.concat([length, text, body])
}

/** Null for what is no entry, such as one of another version. */
export function decodeEntry(value: Buffer): CachedReply | null {
  if (value.length < LENGTH) return null
  const end = LENGTH + value.readUInt32BE()
  const head = parsed(value.toString('utf8', LENGTH, end))
  if (!isHead(head)) return null
  return { ...head, body: value.subarray(end) }
}

type Head = Omit<CachedReply, 'body'>

function isHead(value: unknown): value is Head {
  if (!isObject(value)) return false
  const { storedAt, status, contentType, upstream, asked, cost } = value
  return (
    typeof storedAt === 'number' &&
    typeof status === 'number' &&
    (contentType === null || typeof contentType === 'string') &&
    isObject(upstream) &&
    ['name', 'kind', 'url'].every((key) => typeof upstream[key] === 'string') &&
    typeof upstream['simulated'] === 'boolean' &&
    typeof asked === 'string' &&
    (cost === null || typeof cost === 'number')
  )
}

function parsed(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch {
    return null
  }
}
