import { createHash } from 'node:crypto'
import type { Script } from './redis.ts'

/** A script with its hash, by which a server that knows it is asked to run it. */
export function scriptOf(text: string): Script {
  return { text, sha1: createHash('sha1').update(text).digest('hex') }
}
