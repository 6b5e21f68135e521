/**
 * Replies as vLLM 0.24 writes them when asked for logprobs and token ids: key order, nulls, compact
 * separators and Python's way of writing floats. They are made once and are the same in every run.
 */

interface Token {
  readonly id: number
  readonly text: string
  readonly logprob: string
}

const HEAD = '"id":"chatcmpl-9f86d081884c7d65"'
const CREATED = '"created":1790000000,"model":"Qwen/Qwen3-8B"'
const VOCABULARY = 151_643
const END: Token = { id: 151_645, text: '<|im_end|>', logprob: '-0.0009765625' }

/** A chat completion of about this many bytes, at about 100 bytes per token. */
export function singleBody(bytes: number): Buffer {
  const next = tokenSource()
  const tokens: Token[] = []
  const prompt = promptIds()
  let size = 700 + JSON.stringify(prompt).length
  while (size < bytes) {
    const token = next()
    tokens.push(token)
    size += entryOf(token).length + 1 + String(token.id).length + 1 + token.text.length
  }
  tokens.push(END)
  const text = tokens
    .slice(0, -1)
    .map((token) => token.text)
    .join('')
  const message = `{"role":"assistant","content":${JSON.stringify(text)},"refusal":null,"annotations":null,"audio":null,"function_call":null,"reasoning":null}`
  const choice = `{"index":0,"message":${message},"logprobs":${logprobsOf(tokens)},"finish_reason":"stop","stop_reason":null,"token_ids":${idsOf(tokens)},"routed_experts":null}`
  return Buffer.from(
    `{${HEAD},"object":"chat.completion",${CREATED},"choices":[${choice}],"service_tier":null,` +
      `"system_fingerprint":"vllm-0.24.0-tp1-1a2b3c4d","usage":${usageOf(prompt.length, tokens.length, true)},` +
      `"prompt_logprobs":null,"prompt_token_ids":${JSON.stringify(prompt)},"prompt_text":null,` +
      '"kv_transfer_params":null,"ec_transfer_params":null,"metrics":null}',
  )
}

/** The events of a stream: role, one per token, finish, usage, `[DONE]`. */
export function streamEvents(count: number): readonly Buffer[] {
  const next = tokenSource()
  const tokens = Array.from({ length: count - 4 }, next)
  const prompt = promptIds()
  const role = `{"index":0,"delta":{"role":"assistant","content":""},"logprobs":null,"finish_reason":null}`
  const finish = `{"index":0,"delta":{},"logprobs":${logprobsOf([END])},"finish_reason":"stop","stop_reason":null,"token_ids":${idsOf([END])}}`
  return [
    event(role, `,"prompt_token_ids":${JSON.stringify(prompt)},"prompt_text":null`),
    ...tokens.map((token) =>
      event(
        `{"index":0,"delta":{"content":${JSON.stringify(token.text)}},"logprobs":${logprobsOf([token])},"finish_reason":null,"token_ids":${idsOf([token])}}`,
      ),
    ),
    event(finish),
    event('', `,"usage":${usageOf(prompt.length, tokens.length + 1, false)}`),
    Buffer.from('data: [DONE]\n\n'),
  ]
}

/** The ids of a prompt that a request of 1 kB makes. */
function promptIds(): readonly number[] {
  const random = randomSource(7)
  return Array.from({ length: 240 }, () => Math.floor(random() ** 3 * VOCABULARY))
}

function event(choice: string, rest = ''): Buffer {
  return Buffer.from(
    `data: {${HEAD},"object":"chat.completion.chunk",${CREATED},"choices":[${choice}]${rest}}\n\n`,
  )
}

function logprobsOf(tokens: readonly Token[]): string {
  return `{"content":[${tokens.map(entryOf).join(',')}]}`
}

function entryOf({ text, logprob }: Token): string {
  const bytes = [...Buffer.from(text)].join(',')
  return `{"token":${JSON.stringify(text)},"logprob":${logprob},"bytes":[${bytes}],"top_logprobs":[]}`
}

function idsOf(tokens: readonly Token[]): string {
  return `[${tokens.map(({ id }) => id).join(',')}]`
}

function usageOf(prompt: number, completion: number, withDetails: boolean): string {
  const details = withDetails
    ? ',"prompt_tokens_details":null,"completion_tokens_details":null'
    : ''
  return `{"prompt_tokens":${prompt},"total_tokens":${prompt + completion},"completion_tokens":${completion}${details}}`
}

/** Tokens of 4.1 characters on average, as English and code have. */
function tokenSource(): () => Token {
  const random = randomSource(11)
  const letter = (): string => String.fromCharCode(97 + Math.floor(random() * 26))
  return () => {
    const word = Array.from({ length: 1 + Math.floor(random() * 5.4) }, letter).join('')
    const text = random() < 0.8 ? ` ${word}` : random() < 0.3 ? '\n' : word
    return { id: Math.floor(random() ** 3 * VOCABULARY), text, logprob: logprobFrom(random) }
  }
}

/** Float32 values: a fifth are exactly 0, a fifth so small that they are written with an exponent. */
function logprobFrom(random: () => number): string {
  const kind = random()
  if (kind < 0.18) return '0.0'
  const size = kind < 0.36 ? 10 ** (-4 - 3 * random()) : -Math.log(1 - random()) / 2
  const value = -Math.fround(size)
  if (Math.abs(value) >= 1e-4) return String(value)
  // Python pads the exponent to two digits and begins to use it at 1e-4.
  return value.toExponential().replace(/e-(\d)$/, 'e-0$1')
}

/** The mulberry32 generator: small, and the same everywhere. */
function randomSource(seed: number): () => number {
  let state = seed
  return () => {
    state = (state + 0x6d2b79f5) | 0
    let mixed = Math.imul(state ^ (state >>> 15), state | 1)
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61)
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 4_294_967_296
  }
}
