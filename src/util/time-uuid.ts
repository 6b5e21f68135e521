import { randomUUID } from 'node:crypto'

/**
 * A UUID that begins with the time (RFC 9562, version 7) and is as hard to guess as a random one. What is
 * indexed by it is added at the end of the index, where random ones touch another page each.
 */
export function timeUuid(): string {
  const time = Date.now().toString(16).padStart(12, '0')
  return `${time.slice(0, 8)}-${time.slice(8)}-7${randomUUID().slice(15)}`
}
