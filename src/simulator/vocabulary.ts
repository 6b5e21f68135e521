import { PIECES } from './words.ts'

/** Tokens that are never part of plain text. They sit far above the pieces, as in large models. */
export const SPECIAL = {
  endOfText: 151643,
  imStart: 151644,
  imEnd: 151645,
  toolCall: 151657,
  toolCallEnd: 151658,
  think: 151667,
  thinkEnd: 151668,
} as const

const SPECIAL_TEXT: ReadonlyMap<number, string> = new Map([
  [SPECIAL.endOfText, '<|endoftext|>'],
  [SPECIAL.imStart, '<|im_start|>'],
  [SPECIAL.imEnd, '<|im_end|>'],
  [SPECIAL.toolCall, '<tool_call>'],
  [SPECIAL.toolCallEnd, '</tool_call>'],
  [SPECIAL.think, '<think>'],
  [SPECIAL.thinkEnd, '</think>'],
])

/** Number of ids from 0 that stand for plain text: 256 bytes, then the pieces. */
export const PLAIN_TOKENS = 256 + PIECES.length

/** The end-of-sequence token, the last id of every reply that ends by itself. */
export const EOS = SPECIAL.imEnd

/** Control tokens, which `skip_special_tokens` removes from the text; the tags stay, as in Qwen 3. */
export const isControl = (id: number): boolean => id >= SPECIAL.endOfText && id <= SPECIAL.imEnd

const singleBytes = Array.from({ length: 256 }, (_, byte) => Buffer.of(byte))
const pieceBytes = [...singleBytes, ...PIECES.map((piece) => Buffer.from(piece))]
const specialBytes = new Map([...SPECIAL_TEXT].map(([id, text]) => [id, Buffer.from(text)]))
const NO_BYTES = Buffer.alloc(0)

/** The bytes of a token; an id outside the vocabulary has none. */
export const bytesOf = (id: number): Buffer => pieceBytes[id] ?? specialBytes.get(id) ?? NO_BYTES

/** The token printed alone. Half a character shows as U+FFFD, as in the engine. */
const pieceTexts = pieceBytes.map((bytes) => bytes.toString('utf8'))
export const textOf = (id: number): string => pieceTexts[id] ?? SPECIAL_TEXT.get(id) ?? ''

/** Pieces are printable ASCII only, so a node of the trie has 95 places and the table stays small. */
const WIDTH = 95
const FIRST_BYTE = 32

const buildTrie = (): { next: Uint16Array; token: Int32Array } => {
  const entries: readonly (readonly [string, number])[] = [
    ...PIECES.map((piece, index) => [piece, 256 + index] as const),
    ...[...SPECIAL_TEXT].map(([id, text]) => [text, id] as const),
  ]
  const upperBound = entries.reduce((sum, [text]) => sum + text.length, 1)
  const next = new Uint16Array(upperBound * WIDTH)
  const token = new Int32Array(upperBound).fill(-1)
  let nodes = 1
  for (const [text, id] of entries) {
    let node = 0
    for (let at = 0; at < text.length; at++) {
      const slot = node * WIDTH + text.charCodeAt(at) - FIRST_BYTE
      if (next[slot] === 0) next[slot] = nodes++
      node = next[slot] ?? 0
    }
    token[node] = id
  }
  return { next: next.slice(0, nodes * WIDTH), token: token.slice(0, nodes) }
}

const trie = buildTrie()

/**
 * Finds the longest token of `bytes` at `at`. Its length is that of {@link bytesOf} of the answer.
 * A byte no piece starts with is its own token.
 */
export const longestMatch = (bytes: Uint8Array, at: number): number => {
  let found = bytes[at] ?? 0
  let node = 0
  for (let position = at; position < bytes.length; position++) {
    const symbol = (bytes[position] ?? 0) - FIRST_BYTE
    if (symbol < 0 || symbol >= WIDTH) break
    node = trie.next[node * WIDTH + symbol] ?? 0
    if (node === 0) break
    const id = trie.token[node] ?? -1
    if (id >= 0) found = id
  }
  return found
}
