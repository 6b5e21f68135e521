import assert from 'node:assert/strict'
import type { Trace } from 'sluice/plugin'
import { chat, completion } from '../support/events.ts'
import { startGateway, type RunningGateway } from '../support/gateway.ts'
import { post, type RawReply } from '../support/raw-client.ts'
import type { Scope } from '../support/scope.ts'
import {
  single,
  startUpstream,
  type Script,
  type ScriptedUpstream,
} from '../support/scripted-upstream.ts'

/** Reply limit of {@link startOdd}, in bytes. */
export const REPLY_LIMIT = 1_000_000
export const BODY = completion('well')

export interface OddGateway {
  readonly gateway: RunningGateway
  readonly upstream: ScriptedUpstream
  /** One call that is sent once; and after it a plain one, which no leftovers may spoil. */
  answered(script: Script, streamed?: boolean): Promise<{ reply: RawReply; trace: Trace }>
}

/** A gateway with a low reply limit, in front of one scripted server. */
export async function startOdd(scope: Scope): Promise<OddGateway> {
  const upstream = await startUpstream(scope)
  const gateway = await startGateway(scope, {
    config: {
      upstreams: [{ url: upstream.url, kind: 'generic', name: 'odd' }],
      limits: { response_bytes: REPLY_LIMIT },
      store: { synchronous: 'off' },
    },
  })
  const url = `${gateway.url}/v1/chat/completions`
  return {
    gateway,
    upstream,
    async answered(script, streamed = false) {
      const before = upstream.seen.length
      upstream.play(script)
      const reply = await post(url, chat(streamed))
      assert.equal(upstream.seen.length - before, 1, 'the call was sent exactly once')
      const trace = (await gateway.json(`/traces/${String(reply.headers['x-trace-id'])}`)) as Trace
      upstream.play(single(BODY))
      const next = await post(url, chat(false))
      assert.deepEqual(
        [next.status, next.body.toString()],
        [200, BODY],
        'the next call is answered',
      )
      return { reply, trace }
    },
  }
}

/** Writes these very bytes. */
export function raw(...parts: readonly (string | Buffer)[]): Script {
  return (socket) => {
    socket.setNoDelay(true)
    for (const part of parts) socket.write(part)
  }
}

/** The code of an error of the gateway's own. */
export function codeOf(reply: RawReply): string {
  return (JSON.parse(reply.body.toString()) as { error: { code: string } }).error.code
}
