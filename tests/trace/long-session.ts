import type { FullTrace, Json, JsonObject } from 'sluice/plugin'
import { loadFixtures } from '../support/fixtures.ts'
import { choiceOf, traceOf, utf8 } from './samples.ts'

interface Token {
  readonly id: number
  readonly logprob: number
  readonly text: string
}

/** One turn of an agent's session, in the two shapes that a vLLM answers in. */
export interface SampleTurn {
  /** As the gateway saves it: the reply was streamed. */
  readonly trace: FullTrace
  /** The same reply as one body. */
  readonly body: JsonObject
}

const TOOLS = ['read_file', 'run_tests', 'search'].map((name) => ({
  type: 'function',
  function: {
    name,
    description: `Use ${name} on a path of the repository under work, and read what it prints.`,
    parameters: {
      type: 'object',
      properties: { path: { type: 'string' }, arguments: { type: 'array' } },
      required: ['path'],
    },
  },
}))

/**
 * A session whose context grows by a tool result and an answer each turn. Ids, logprobs and words are
 * those of recorded rollouts, put together anew by a fixed sequence of random numbers.
 */
export function* longSession(
  turns: number,
  toolTokens: number,
  replyTokens: number,
): Generator<SampleTurn> {
  const pool = recordedTokens()
  const draw = drawFrom(pool)
  const messages: Json[] = [{ role: 'system', content: textOf(draw(300)) }]
  let context = draw(300)
  for (let turn = 0; turn < turns; turn++) {
    const asked = draw(toolTokens)
    const said = draw(replyTokens)
    messages.push({ role: turn === 0 ? 'user' : 'tool', content: textOf(asked) })
    context = [...context, ...asked]
    yield sampleTurn(turn, [...messages], context, said)
    messages.push({ role: 'assistant', content: textOf(said) })
    context = [...context, ...said]
  }
}

function sampleTurn(
  turn: number,
  messages: Json[],
  context: readonly Token[],
  said: readonly Token[],
): SampleTurn {
  const request = { model: 'Qwen/Qwen3-8B', messages, tools: TOOLS, temperature: 1, stream: true }
  const prompt = context.map(({ id }) => id)
  const head = {
    id: `chatcmpl-${(turn * 7919).toString(16).padStart(16, '0')}`,
    created: 1790000000 + turn,
    model: request.model,
  }
  const message = { role: 'assistant', content: textOf(said) }
  const usage = {
    prompt_tokens: prompt.length,
    completion_tokens: said.length,
    total_tokens: prompt.length + said.length,
  }
  const ids = said.map(({ id }) => id)
  const logprobs = said.map(({ logprob }) => logprob)
  const sent = JSON.stringify({ ...request, logprobs: true, return_token_ids: true })
  const choice = choiceOf({
    message,
    token_ids: ids,
    logprobs,
    tokens: said.map(({ text }) => text),
    bytes: said.map(({ text }) => [...utf8(text)]),
    top_logprobs: said.map(() => []),
  })
  const trace = traceOf({
    model: request.model,
    messages,
    tools: TOOLS,
    prompt_token_ids: prompt,
    completion_token_ids: ids,
    logprobs,
    response_message: message,
    choices: [choice],
    usage,
    streaming: true,
    finish_reason: 'stop',
    metadata: { run: 'r1', task: 'fix-the-bug', attempt: 3 },
    timestamp: 1790000000 + turn,
    wire: {
      received: utf8(JSON.stringify(request)),
      sent: utf8(sent),
      response: utf8(streamOf(head, prompt, said, usage)),
      edits: [],
      stream: true,
    },
  })
  const body = {
    ...head,
    object: 'chat.completion',
    choices: [
      {
        index: 0,
        message,
        logprobs: { content: said.map(entryOf) },
        finish_reason: 'stop',
        stop_reason: null,
        token_ids: ids,
      },
    ],
    usage,
    prompt_token_ids: prompt,
  }
  return { trace, body }
}

function streamOf(
  head: object,
  prompt: readonly number[],
  said: readonly Token[],
  usage: object,
): string {
  const chunk = { ...head, object: 'chat.completion.chunk' }
  const first = {
    index: 0,
    delta: { role: 'assistant', content: '' },
    logprobs: null,
    finish_reason: null,
  }
  const chunks: object[] = [
    { ...chunk, choices: [first], prompt_token_ids: prompt, prompt_text: null },
  ]
  for (const [at, token] of said.entries()) {
    const isLast = at === said.length - 1
    const choice = {
      index: 0,
      delta: { content: token.text },
      logprobs: { content: [entryOf(token)] },
      finish_reason: isLast ? 'stop' : null,
      ...(isLast ? { stop_reason: null } : {}),
      token_ids: [token.id],
    }
    chunks.push({ ...chunk, choices: [choice] })
  }
  chunks.push({ ...chunk, choices: [], usage })
  return [...chunks.map((data) => JSON.stringify(data)), '[DONE]']
    .map((data) => `data: ${data}\n\n`)
    .join('')
}

function entryOf({ text, logprob }: Token): {
  token: string
  logprob: number
  bytes: number[]
  top_logprobs: never[]
} {
  return { token: text, logprob, bytes: [...utf8(text)], top_logprobs: [] }
}

function textOf(tokens: readonly Token[]): string {
  return tokens.map(({ text }) => text).join('')
}

/** Recorded ids and logprobs; the recorded text is cut into pieces of a real tokenizer's mean length. */
function recordedTokens(): readonly Token[] {
  return loadFixtures('nemo-gym-vllm-token-ids-logprobs.rollouts.jsonl').flatMap(({ chunks }) => {
    const reply = chunks[0] as {
      choices: {
        message: { content: string }
        token_ids: number[]
        logprobs: { content: { logprob: number }[] }
      }[]
    }
    const choice = reply.choices[0]
    if (!choice) return []
    const pieces = choice.message.content.match(/\s?[^\s]{1,4}|\s+/gu) ?? []
    return choice.token_ids.map((id, at) => ({
      id,
      logprob: choice.logprobs.content[at]?.logprob ?? 0,
      text: pieces[at % pieces.length] ?? '',
    }))
  })
}

/** Takes short runs from all over the pool, so that no two messages are the same. */
function drawFrom(pool: readonly Token[]): (count: number) => Token[] {
  let state = 1
  return (count) => {
    const drawn: Token[] = []
    while (drawn.length < count) {
      // A linear congruential generator (Numerical Recipes) is random enough to pick places.
      state = (Math.imul(state, 1664525) + 1013904223) >>> 0
      const start = state % (pool.length - 20)
      drawn.push(...pool.slice(start, start + Math.min(12, count - drawn.length)))
    }
    return drawn
  }
}
