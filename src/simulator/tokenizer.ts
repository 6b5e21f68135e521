import { StringDecoder } from 'node:string_decoder'
import { bytesOf, isControl, longestMatch, textOf } from './vocabulary.ts'

/**
 * Text to token ids, greedy longest match over UTF-8 bytes. Special tokens are recognised.
 * Two properties the simulator leans on: `decode(encode(text)) === text`, and any cut of the ids at
 * a character boundary is again what `encode` gives for the shorter text.
 */
export const encode = (text: string): number[] => {
  const bytes = Buffer.from(text, 'utf8')
  const ids: number[] = []
  for (let at = 0; at < bytes.length;) {
    const id = longestMatch(bytes, at)
    ids.push(id)
    at += bytesOf(id).length
  }
  return ids
}

/** Token ids to text. Ids outside the vocabulary give nothing, incomplete characters U+FFFD. */
export const decode = (ids: Iterable<number>): string => {
  const parts: Buffer[] = []
  for (const id of ids) parts.push(bytesOf(id))
  return Buffer.concat(parts).toString('utf8')
}

/**
 * The text each token adds, one entry per id, as a streaming detokenizer releases it: an entry is
 * empty while a character is incomplete, and the token that completes it brings all of it.
 */
export const textSteps = (ids: readonly number[], skipSpecial: boolean): string[] => {
  const decoder = new StringDecoder('utf8')
  let pending = false
  return ids.map((id) => {
    if (skipSpecial && isControl(id)) return ''
    const isHalf = id >= 128 && id < 256
    if (!isHalf && !pending) return textOf(id)
    const text = decoder.write(bytesOf(id))
    pending = text === '' || (isHalf && text.endsWith('\uFFFD'))
    return text
  })
}
