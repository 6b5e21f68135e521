import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { decode, encode, SPECIAL } from '../../src/simulator/index.ts'
import { textSteps } from '../../src/simulator/tokenizer.ts'
import { bytesOf, textOf } from '../../src/simulator/vocabulary.ts'
import { PIECES } from '../../src/simulator/words.ts'

const anyText = fc.string({ unit: 'binary' })
const someWords = fc
  .array(
    fc.constantFrom('The', ' river', ' finds', '東京', '🙂', 'é', '\n', ' 12', '<|im_end|>', '{"'),
  )
  .map((parts) => parts.join(''))

test('any Unicode text survives encoding and decoding', () => {
  fc.assert(fc.property(anyText, (text) => decode(encode(text)) === text))
  fc.assert(fc.property(someWords, (text) => decode(encode(text)) === text))
})

test('a cut of the ids at a character boundary is what the shorter text encodes to', () => {
  fc.assert(
    fc.property(someWords, fc.nat(), (text, at) => {
      const ids = encode(text)
      const cut = ids.slice(0, at % (ids.length + 1))
      const shorter = decode(cut)
      if (!shorter.includes('\uFFFD')) assert.deepEqual(encode(shorter), cut)
    }),
  )
})

test('words of the vocabulary take one token, special tokens too', () => {
  assert.equal(encode(' river').length, 1)
  assert.deepEqual(encode('<|im_start|><think></tool_call>'), [
    SPECIAL.imStart,
    SPECIAL.think,
    SPECIAL.toolCallEnd,
  ])
})

test('bytes are their own ids, so that characters may be split over tokens', () => {
  assert.deepEqual(encode('🙂'), [0xf0, 0x9f, 0x99, 0x82])
})

test('ids are stable', () => {
  assert.deepEqual(
    encode('The café in 東京 answers 42 questions.'),
    [
      3010, 32, 3426, 102, 195, 169, 2661, 32, 230, 157, 177, 228, 186, 172, 1441, 32, 3563, 969,
      115, 46,
    ],
  )
})

test('no piece holds a newline or the filler sign, which keeps replies free of other splits', () => {
  assert.deepEqual(
    PIECES.filter((piece) => /[\n!<]/.test(piece)),
    [],
  )
  assert.equal(new Set(PIECES).size, PIECES.length)
})

test('a streamed character appears whole, with the token that completes it', () => {
  const ids = encode('a🙂b')
  assert.deepEqual(textSteps(ids, true), ['a', '', '', '', '🙂', 'b'])
})

test('text steps join to the decoded text', () => {
  fc.assert(fc.property(someWords, (text) => textSteps(encode(text), false).join('') === text))
})

test('half a character followed by something else becomes one replacement character', () => {
  assert.equal(textSteps([0xf0, 0x41], true).join(''), '\uFFFDA')
})

test('a byte of a character prints as U+FFFD when it stands alone', () => {
  assert.equal(textOf(0xf0), '\uFFFD')
  assert.equal(bytesOf(0xf0)[0], 0xf0)
})
