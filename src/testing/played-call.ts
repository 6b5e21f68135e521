import { asGatewayError } from '../errors/index.ts'
import type { Host } from '../host/index.ts'
import type { FullTrace, Headers, Json, JsonObject } from '../plugin/index.ts'
import { callOf, upstreamOf, type CallSpec } from './call-spec.ts'
import { receivedFrom, takeReply } from './reply.ts'
import { sendCall } from './send.ts'
import { baseTrace, intentOf } from './trace.ts'

/**
 * A call that runs through the plugins once, when the first of these is asked for. Each rejects with
 * the caller's error where a plugin ended the call.
 */
export interface PlayedCall {
  /** The parameters as the upstream got them, in the last attempt. */
  sent(): Promise<JsonObject>
  /** The parameters of every attempt. */
  attempts(): Promise<readonly JsonObject[]>
  /** The payloads the caller reads: one for a single body, one per event of a stream. */
  received(): Promise<readonly Json[]>
  /** The bytes the caller got. */
  receivedBytes(): Promise<Buffer>
  /** The status and headers the caller got. */
  status(): Promise<number>
  headers(): Promise<Headers>
  /** The record as the `trace` hooks left it, and as it was handed to the `save` hooks. */
  trace(): Promise<FullTrace>
}

interface Played {
  readonly attempts: readonly JsonObject[]
  readonly status: number
  readonly headers: Headers
  readonly received: Buffer
  readonly trace: FullTrace
}

/** Makes a call that has yet to run. */
export function playCall(host: Host, spec: CallSpec): PlayedCall {
  let playing: Promise<Played> | undefined
  const played = (): Promise<Played> => (playing ??= play(host, spec))
  return {
    sent: async () => (await played()).attempts.at(-1) ?? {},
    attempts: async () => (await played()).attempts,
    received: async () => receivedFrom((await played()).received, (await played()).headers),
    receivedBytes: async () => (await played()).received,
    status: async () => (await played()).status,
    headers: async () => (await played()).headers,
    trace: async () => (await played()).trace,
  }
}

async function play(host: Host, spec: CallSpec): Promise<Played> {
  const call = callOf(spec)
  try {
    const sending = await sendCall(host, call, upstreamOf(spec), () =>
      host.intent(intentOf(call), call),
    )
    const { reply, attempt } = sending
    const taken = await takeReply(reply, host.taps(call, attempt), call, sending.sent)
    const trace = await host.trace(baseTrace(call, sending, taken), call)
    await host.save(trace, call)
    await host.saved(trace, call)
    return {
      attempts: sending.attempts,
      status: reply.status,
      headers: patched(reply.headers, host.headers(reply.headers, call)),
      received: taken.received,
      trace,
    }
  } catch (thrown) {
    throw await host.error(asGatewayError(thrown), call)
  }
}

function patched(headers: Headers, patch: Readonly<Record<string, string | null>>): Headers {
  const entries = Object.entries({ ...headers, ...patch })
  return Object.fromEntries(entries.filter((entry): entry is [string, string] => entry[1] !== null))
}
