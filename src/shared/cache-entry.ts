import { crc32 } from 'node:zlib'
import { isObject } from '../plugin/index.ts'
import type { CachedReply } from './reply-cache.ts'

/** Bytes of each of the two numbers that stand in front. */
const NUMBER = 4
const PREFIX = 2 * NUMBER

/**
 * An answer as one value: the CRC-32 of all that follows and the length of the head, both as big-endian
 * numbers of four bytes, then the head as JSON and the body as it is.
 */
export function encodeEntry({ body, ...head }: CachedReply): Buffer {
  const text = Buffer.from(JSON.stringify(head))
  const entry = Buffer.concat([Buffer.alloc(PREFIX), text, body])
  entry.writeUInt32BE(text.length, NUMBER)
  entry.writeUInt32BE(crc32(entry.subarray(NUMBER)))
  return entry
}

/** Null for what is no entry, such as one of another version, or one that lost or changed a byte. */
export function decodeEntry(value: Buffer): CachedReply | null {
  if (value.length < PREFIX || value.readUInt32BE() !== crc32(value.subarray(NUMBER))) return null
  const end = PREFIX + value.readUInt32BE(NUMBER)
  const head = parsed(value.toString('utf8', PREFIX, end))
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
