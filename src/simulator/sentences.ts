import { pick, type Random } from './random.ts'
import { encode } from './tokenizer.ts'
import { ADJECTIVES, ADVERBS, NOUNS, PREPOSITIONS, VERBS } from './words.ts'

type Words = (random: Random) => string

const noun: Words = (random) => pick(random, NOUNS)
const verb: Words = (random) => pick(random, VERBS)
const adjective: Words = (random) => pick(random, ADJECTIVES)
const adverb: Words = (random) => pick(random, ADVERBS)
const preposition: Words = (random) => pick(random, PREPOSITIONS)

/** The last two hold characters that take several tokens, so that text and ids fall out of step. */
const FORMS: readonly Words[] = [
  (r) =>
    `The ${adjective(r)} ${noun(r)} ${verb(r)} the ${noun(r)} ${preposition(r)} the ${noun(r)}.`,
  (r) => `A ${noun(r)} ${adverb(r)} ${verb(r)} every ${adjective(r)} ${noun(r)}.`,
  (r) => `When the ${noun(r)} ${verb(r)}, the ${noun(r)} ${verb(r)} ${adverb(r)}.`,
  (r) => `This ${noun(r)} is ${adjective(r)}, but that ${noun(r)} ${verb(r)} it ${adverb(r)}.`,
  (r) => `Each ${noun(r)} has its own ${noun(r)}, and the ${noun(r)} ${verb(r)} both.`,
  (r) =>
    `Because the ${noun(r)} is ${adjective(r)}, it ${verb(r)} ${preposition(r)} the ${noun(r)}.`,
  (r) => `In the café — near the ${noun(r)} — a naïve ${noun(r)} ${verb(r)}.`,
  (r) => `The ${noun(r)} from 東京 ${verb(r)} the ${adjective(r)} ${noun(r)} 🙂.`,
]

const sentence: Words = (random) => pick(random, FORMS)(random)

/** Whole sentences of at least `count` tokens in all. */
export const sentenceIds = (random: Random, count: number): number[] => {
  const ids: number[] = []
  while (ids.length < count) {
    const text = sentence(random)
    for (const id of encode(ids.length === 0 ? text : ` ${text}`)) ids.push(id)
  }
  return ids
}

const FILLER = '!'.charCodeAt(0)

/**
 * Sentences of exactly `count` tokens. The last one is cut, never inside a character: a byte that
 * no piece of the vocabulary holds fills the gap, so that encoding the text gives the same ids.
 */
export const exactIds = (random: Random, count: number): number[] => {
  const ids = sentenceIds(random, count).slice(0, count)
  while (ids.length > 0 && isByteOfCharacter(ids.at(-1) ?? 0)) ids.pop()
  while (ids.length < count) ids.push(FILLER)
  return ids
}

const isByteOfCharacter = (id: number): boolean => id >= 128 && id < 256
