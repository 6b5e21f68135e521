import type { Context } from 'koa'
import type { Headers } from '../plugin/index.ts'
import type { Exchange } from './exchange.ts'
import type { Parts } from './parts.ts'

/** What an upstream says of our account there; LiteLLM gives it back under a name of its own. */
const OF_THE_UPSTREAM = 'llm_provider-'

/**
 * Says in LiteLLM's headers what is known once an answer is there, to callers of a LiteLLM configuration:
 * what the upstream says of its limits, and how long a single reply took. A stream's head leaves before
 * anybody knows that.
 */
export function tellAnswer(
  ctx: Context,
  exchange: Exchange,
  headers: Headers,
  { forwarding }: Pick<Parts, 'forwarding'>,
): void {
  if (!forwarding.litellm) return
  for (const [name, value] of Object.entries(headers)) {
    if (name.startsWith('x-ratelimit-')) ctx.set(`${OF_THE_UPSTREAM}${name}`, value)
  }
  if (exchange.contentType?.startsWith('text/event-stream')) return
  const { firstFrameMs, attempts } = exchange
  const took = exchange.elapsed()
  ctx.set('x-litellm-response-duration-ms', took.toFixed(3))
  const sent = attempts[0]?.started_ms
  if (firstFrameMs === null || sent === undefined) return
  // A single reply is one frame, which is there when the upstream has said all.
  ctx.set('x-litellm-overhead-duration-ms', (took - (firstFrameMs - sent)).toFixed(3))
}
