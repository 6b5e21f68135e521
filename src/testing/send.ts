import type { Host } from '../host/index.ts'
import type {
  Attempt,
  Call,
  Change,
  JsonObject,
  Reply,
  Upstream,
  UpstreamInfo,
} from '../plugin/index.ts'
import { deepFreeze } from '../util/deep-freeze.ts'
import { readError } from '../wire/error-body.ts'

/** How often plugins may have a refused attempt made anew; as in the gateway. */
const MAX_AGAIN = 2

/** A call that was answered, whatever the answer. */
export interface Sending {
  readonly reply: Reply
  readonly attempt: Attempt
  readonly upstream: UpstreamInfo
  /** The params of the attempt that was answered. */
  readonly sent: JsonObject
  /** The params of every attempt. */
  readonly attempts: readonly JsonObject[]
  readonly changes: readonly Change[]
}

/** Takes a call through the hooks on the way out, and out. */
export async function sendCall(
  host: Host,
  call: Call,
  candidate: Upstream,
  begin: () => Promise<void>,
): Promise<Sending> {
  const shaped = await host.params(call.received, call)
  deepFreeze(shaped.params)
  const upstream = (await host.upstream([candidate], call)) ?? candidate
  const { name, kind, url, simulated } = upstream
  await begin()

  const attempts: JsonObject[] = []
  for (let index = 0; ; index += 1) {
    const attempt = { index, upstream: { name, kind, url, simulated } }
    const { params: sent, changes } = await host.attempt(shaped.params, call, attempt)
    attempts.push(deepFreeze(sent))
    const outgoing = {
      method: call.method,
      path: call.path,
      headers: call.headers,
      body: encode(sent),
    }
    const { status, headers, body } = await upstream.send(outgoing, call.signal)
    const bytes = await readAll(body)
    const reply = { status, headers, body: replay(bytes) }
    const { message, param } = readError(bytes.toString())
    const again =
      status >= 400 &&
      index < MAX_AGAIN &&
      (await host.refused({ status, headers, message, param }, call, attempt))
    if (!again) {
      return {
        reply,
        attempt,
        upstream: attempt.upstream,
        sent,
        attempts,
        changes: [...shaped.changes, ...changes],
      }
    }
  }
}

function encode(params: JsonObject): Uint8Array {
  return Buffer.from(JSON.stringify(params))
}

async function readAll(body: AsyncIterable<Uint8Array>): Promise<Buffer> {
  const parts: Uint8Array[] = []
  for await (const bytes of body) parts.push(bytes)
  return Buffer.concat(parts)
}

async function* replay(bytes: Uint8Array): AsyncGenerator<Uint8Array> {
  yield bytes
}
