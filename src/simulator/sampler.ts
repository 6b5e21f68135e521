import { endReply, type Ending, type Sampling } from './ending.ts'
import { between, hashNumbers, seededRandom, type Random } from './random.ts'
import { exactIds, sentenceIds } from './sentences.ts'
import { toolCallText } from './template.ts'
import { encode } from './tokenizer.ts'
import {
  lastUserText,
  mentions,
  offeredTools,
  writeArguments,
  type OfferedTool,
} from './tool-use.ts'
import { EOS, SPECIAL } from './vocabulary.ts'

/** The prompt as ids and as the text they stand for. */
export interface Prompt {
  readonly ids: readonly number[]
  readonly text: string
}

/** How the simulator steers what its model writes. */
export interface Steering {
  readonly seed: number
  /** Tokens of the reply with its end token: exactly that many, or at least as many as drawn. */
  readonly replyTokens: number | readonly [low: number, high: number]
  /** The text of the reply, special tokens included, instead of a made-up one. */
  readonly reply: string | null
  readonly reasoning: boolean
  /** Names of tools to call whatever the prompt says; null lets the prompt decide. */
  readonly callTools: readonly string[] | null
}

/** What the engine gives for one choice, before any parser looks at it. */
export interface Reply extends Ending {
  /** Decides the log probabilities; differs from choice to choice. */
  readonly seed: number
}

/** Samples choice number `choice` of a prompt. The same arguments always give the same reply. */
export const sampleReply = (
  prompt: Prompt,
  sampling: Sampling,
  steering: Steering,
  choice: number,
): Reply => {
  const start = [
    steering.seed,
    sampling.seed ?? -1,
    Math.round(sampling.temperature * 1000),
    choice,
  ]
  const seed = hashNumbers(prompt.ids, hashNumbers(start))
  const body = writeBody(seededRandom(seed), prompt, sampling, steering)
  const natural = sampling.ignoreEos ? body : [...body, EOS]
  return { ...endReply(natural, sampling), seed }
}

const writeBody = (
  random: Random,
  prompt: Prompt,
  sampling: Sampling,
  steering: Steering,
): number[] => {
  if (sampling.ignoreEos) return exactIds(random, sampling.maxTokens)
  if (steering.reply !== null) return padded(random, encode(steering.reply), sampling.minTokens)
  const exact = typeof steering.replyTokens === 'number'
  const drawn = exact ? steering.replyTokens : between(random, ...steering.replyTokens)
  const count = Math.max(drawn - 1, sampling.minTokens, 0)
  const thoughts =
    steering.reasoning && thinks(prompt) ? thoughtIds(random, Math.floor(count / 3)) : []
  const tools = toolsToCall(prompt, steering)
  if (tools.length > 0) return [...thoughts, ...callIds(random, tools)]
  const write = exact ? exactIds : sentenceIds
  return [...thoughts, ...write(random, Math.max(count - thoughts.length, 0))]
}

const padded = (random: Random, ids: number[], count: number): number[] =>
  ids.length >= count ? ids : [...ids, ...exactIds(random, count - ids.length)]

const NEWLINE = 10

const thinks = (prompt: Prompt): boolean => !prompt.text.endsWith('</think>\n\n')

const thoughtIds = (random: Random, count: number): number[] => [
  SPECIAL.think,
  NEWLINE,
  ...exactIds(random, Math.max(count - 6, 0)),
  NEWLINE,
  SPECIAL.thinkEnd,
  NEWLINE,
  NEWLINE,
]

const toolsToCall = (prompt: Prompt, steering: Steering): readonly OfferedTool[] => {
  if (steering.callTools?.length === 0) return []
  const offered = offeredTools(prompt.text)
  if (steering.callTools !== null) {
    return steering.callTools.map(
      (name) => offered.find((tool) => tool.name === name) ?? { name, parameters: {} },
    )
  }
  const asked = lastUserText(prompt.text)
  return offered.filter((tool) => mentions(asked, tool.name))
}

const callIds = (random: Random, tools: readonly OfferedTool[]): number[] =>
  encode(tools.map((tool) => toolCallText(tool.name, writeArguments(random, tool))).join('\n'))
