import { singleBody, streamEvents } from './vllm-reply.ts'

/** One kind of reply that is measured. */
export interface Payload {
  readonly name: string
  readonly title: string
  readonly stream: boolean
  /** Calls before the first measurement, and in each measurement. */
  readonly warmup: number
  readonly calls: number
}

export const PAYLOADS: readonly Payload[] = [
  { name: '10k', title: '10 kB single', stream: false, warmup: 2_000, calls: 1_500 },
  { name: '156k', title: '156 kB single', stream: false, warmup: 300, calls: 300 },
  { name: 'stream', title: '66-event stream', stream: true, warmup: 300, calls: 300 },
]

/** The events of a stream that end it; an engine writes them without waiting in between. */
export const ENDING_EVENTS = 3

/** The writes that make up the reply: one for a single reply, one per event for a stream. */
export function writesOf(name: string): readonly Buffer[] {
  switch (name) {
    case '10k':
      return [singleBody(10_000)]
    case '156k':
      return [singleBody(156_000)]
    case 'stream':
      return streamEvents(66)
    default:
      throw new TypeError(`there is no payload "${name}"`)
  }
}

export const REQUEST_BYTES = 1_024

/** Where the number of a call stands in its request. */
const SERIAL = 'No. 00000000'

/**
 * Makes requests of 1,024 bytes. The user's message is another one in every call, because a store
 * that keeps equal messages once would otherwise have nothing to do. `asks`: the caller itself wants
 * what the gateway would add, so that nothing of the reply is hidden from it.
 */
export function requestMaker(stream: boolean, asks: boolean): (serial: number) => Buffer {
  const question = `${SERIAL}: why does the bridge hum when the wind comes from the north?`
  const body = (padding: number): string =>
    JSON.stringify({
      model: 'Qwen/Qwen3-8B',
      messages: [
        { role: 'system', content: 'Answer as an engineer would. '.repeat(40).slice(0, padding) },
        { role: 'user', content: question },
      ],
      temperature: 1,
      max_tokens: 2_048,
      ...(stream ? { stream: true } : {}),
      ...(asks ? { logprobs: true, return_token_ids: true } : {}),
      ...(asks && stream ? { stream_options: { include_usage: true } } : {}),
    })
  const template = Buffer.from(body(REQUEST_BYTES - body(0).length))
  const at = template.indexOf(SERIAL) + SERIAL.length - 8
  return (serial) => {
    const copy = Buffer.from(template)
    copy.write(String(serial % 100_000_000).padStart(8, '0'), at, 'latin1')
    return copy
  }
}
