import assert from 'node:assert/strict'
import { Agent, request, type IncomingMessage } from 'node:http'
import { after, before, describe, test } from 'node:test'
import { completion } from '../support/events.ts'
import { startGateway, type RunningGateway } from '../support/gateway.ts'
import { readReply, type RawReply } from '../support/raw-client.ts'
import { createScope, type Scope } from '../support/scope.ts'
import { single, startUpstream, type ScriptedUpstream } from '../support/scripted-upstream.ts'

/** A request that no upstream should ever see, and what the caller is told about it. */
export interface BadCall extends CallParts {
  readonly name: string
  readonly status: number
  readonly code: string
  /** What is wrong and where. */
  readonly says: RegExp
  readonly param?: string
  /** The methods that would do, as the `allow` header names them. */
  readonly allow?: string
}

/** A request, as it goes over the wire: the path is not normalised, headers are as given. */
export interface CallParts {
  readonly method?: string
  readonly path?: string
  readonly headers?: Readonly<Record<string, string>>
  readonly body?: string | Buffer
}

export const PATH = '/v1/chat/completions'
export const GOOD_BODY = '{"model":"m","messages":[]}'

/** Body limit of {@link startStrict}, in bytes. */
export const BODY_LIMIT = 262_144

export interface StrictGateway {
  readonly gateway: RunningGateway
  readonly upstream: ScriptedUpstream
  /** Sends over a connection that is kept, so that a refusal that spoils it spoils the next call. */
  call(parts: CallParts): Promise<RawReply>
  /** Checks the refusal, that nothing of it is left, and that the next call is answered. */
  assertRefused(bad: Omit<BadCall, 'name'>): Promise<void>
}

/** A gateway with a low body limit in front of a server that answers everything. */
export async function startStrict(scope: Scope): Promise<StrictGateway> {
  const upstream = await startUpstream(scope)
  const gateway = await startGateway(scope, {
    config: {
      upstreams: [{ url: upstream.url, kind: 'generic', name: 'up', models: ['m', 'other'] }],
      store: { synchronous: 'off' },
      limits: { body_bytes: BODY_LIMIT, depth: 64 },
    },
  })
  const agent = new Agent({ keepAlive: true, maxSockets: 1 })
  scope.after(() => agent.destroy())
  upstream.play(single(completion('well')))

  const call = async (parts: CallParts): Promise<RawReply> =>
    readReply(await send(gateway.port, parts, agent))
  return {
    gateway,
    upstream,
    call,
    async assertRefused({ status, code, says, param = null, allow, ...parts }) {
      const seen = upstream.seen.length
      const traces = await tracesOf(gateway)
      const reply = await call(parts)
      assertError(reply, { status, code, says, param })
      assert.equal(reply.headers['allow'], allow)
      assert.equal(reply.headers['x-trace-id'], undefined, 'no trace is promised')
      const next = await call({})
      assert.equal(next.status, 200, 'the next call on the connection is answered')
      assert.equal(upstream.seen.length, seen + 1, 'only the next call reached the upstream')
      assert.equal(await tracesOf(gateway), traces + 1, 'only the next call left a trace')
    },
  }
}

function send(port: number, parts: CallParts, agent: Agent): Promise<IncomingMessage> {
  const { method = 'POST', path = PATH, headers, body = GOOD_BODY } = parts
  const hasBody = method !== 'GET' && method !== 'HEAD'
  return new Promise((resolve, reject) => {
    const outgoing = request({
      port,
      method,
      path,
      agent,
      headers: {
        'content-type': 'application/json',
        ...(hasBody ? { 'content-length': String(Buffer.byteLength(body)) } : {}),
        ...headers,
      },
    })
    outgoing.on('response', resolve).on('error', reject)
    outgoing.end(hasBody ? body : undefined)
  })
}

async function tracesOf(gateway: RunningGateway): Promise<number> {
  const page = (await gateway.json('/traces?pending=true&limit=10000')) as { items: unknown[] }
  return page.items.length
}

/** An error in OpenAI's shape and nothing else, that holds no stack and no path of ours. */
export function assertError(
  reply: Pick<RawReply, 'status' | 'headers' | 'body'>,
  want: { status: number; code: string; says: RegExp; param?: string | null },
): void {
  const text = reply.body.toString()
  assert.equal(reply.status, want.status, text)
  assert.match(String(reply.headers['content-type']), /^application\/json/)
  const { error, ...rest } = JSON.parse(text) as { error: Record<string, unknown> }
  assert.deepEqual(rest, {})
  assert.deepEqual(Object.keys(error).toSorted(), ['code', 'message', 'param', 'type'])
  assert.equal(error['code'], want.code)
  assert.match(String(error['message']), want.says)
  if (want.param !== undefined) assert.equal(error['param'], want.param)
  assert.doesNotMatch(text, /node:internal|\.ts\b|\/src\//)
}

/** Makes a test of each bad call, over one gateway. */
export function testRefusals(title: string, calls: readonly BadCall[]): void {
  describe(title, () => {
    const scope = createScope()
    let strict: StrictGateway
    before(async () => void (strict = await startStrict(scope)))
    after(() => scope.close())
    for (const { name, ...bad } of calls) test(name, () => strict.assertRefused(bad))
  })
}
