import assert from 'node:assert/strict'
import { after, before, describe, test } from 'node:test'
import { encodeMetadataSlug, type JsonObject } from 'sluice/client'
import type { Trace } from 'sluice/plugin'
import { completion } from '../support/events.ts'
import { startGateway, type RunningGateway } from '../support/gateway.ts'
import { createScope } from '../support/scope.ts'
import { single, startUpstream, type ScriptedUpstream } from '../support/scripted-upstream.ts'
import { requestOf, talk } from './raw-talk.ts'

interface Form {
  readonly what: string
  /** Before `/v1/chat/completions`. */
  readonly prefix?: string
  readonly headers?: Readonly<Record<string, string>>
  readonly sessions: readonly string[]
  readonly metadata?: JsonObject
}

const slug = (metadata: JsonObject): string => `/meta/${encodeMetadataSlug(metadata)}`
/** The same slug as encoders with other habits write it. */
const standard = (metadata: JsonObject): string =>
  `/meta/rllm1:${Buffer.from(JSON.stringify(metadata)).toString('base64')}`
const team = { team: 'blü>>>???', run: 7 }

const FORMS: readonly Form[] = [
  { what: 'nothing at all', sessions: ['default'] },
  { what: 'a session in the path', prefix: '/sessions/a', sessions: ['a'] },
  { what: 'a session with slashes', prefix: '/sessions/a/b/c', sessions: ['a/b/c'] },
  { what: 'a session with colons', prefix: '/sessions/task:0:run', sessions: ['task:0:run'] },
  { what: 'a session with an encoded slash', prefix: '/sessions/a%2Fb', sessions: ['a/b'] },
  {
    what: 'a session that reads like a path',
    prefix: '/sessions/a%2Fv1%2Fb',
    sessions: ['a/v1/b'],
  },
  { what: 'a session named v1', prefix: '/sessions/v1', sessions: ['v1'] },
  { what: 'a session named meta', prefix: '/sessions/meta', sessions: ['meta'] },
  {
    what: 'a session named constructor',
    prefix: '/sessions/constructor',
    sessions: ['constructor'],
  },
  { what: 'a session named traces', prefix: '/sessions/%2Ftraces', sessions: ['/traces'] },
  { what: 'a session of emoji', prefix: '/sessions/%F0%9F%98%80', sessions: ['😀'] },
  {
    what: 'a session written from right to left',
    prefix: '/sessions/%D7%A9%E2%80%8F',
    sessions: ['ש\u200f'],
  },
  {
    what: 'a session with spaces and percent signs',
    prefix: '/sessions/50%25%20off',
    sessions: ['50% off'],
  },
  {
    what: 'a session of 512 characters',
    prefix: `/sessions/${'x'.repeat(512)}`,
    sessions: ['x'.repeat(512)],
  },
  { what: 'a slug', prefix: slug({ session_id: 's', ...team }), sessions: ['s'], metadata: team },
  {
    what: 'a slug in standard base64',
    prefix: standard({ session_id: 's', ...team }),
    sessions: ['s'],
    metadata: team,
  },
  {
    what: 'a slug that was percent-encoded on the way',
    prefix: `/meta/${encodeURIComponent(encodeMetadataSlug({ session_id: 's', ...team }))}`,
    sessions: ['s'],
    metadata: team,
  },
  { what: 'a slug without a session', prefix: slug(team), sessions: ['default'], metadata: team },
  { what: 'an empty slug', prefix: slug({}), sessions: ['default'] },
  {
    what: 'a slug behind a prefix',
    prefix: `/proxy/x${slug({ session_id: 's' })}`,
    sessions: ['s'],
  },
  { what: 'a slug behind /v1', prefix: `/v1${slug({ session_id: 's' })}`, sessions: ['s'] },
  {
    what: 'a slug with several sessions',
    prefix: slug({ session_uids: ['outer', 'inner', 'outer'], session_name: 'n' }),
    sessions: ['outer', 'inner'],
    metadata: { session_name: 'n' },
  },
  {
    what: 'a slug with a name alone',
    prefix: slug({ session_name: 'n' }),
    sessions: ['n'],
    metadata: { session_name: 'n' },
  },
  {
    what: 'a slug and a session behind it',
    prefix: `${slug({ session_id: 's', ...team })}/sessions/p`,
    sessions: ['p', 's'],
    metadata: team,
  },
  {
    what: 'a session and a slug behind it',
    prefix: `/sessions/p/q${slug({ session_id: 's' })}`,
    sessions: ['p/q', 's'],
  },
  { what: 'a session in a header', headers: { 'x-session-id': 'h/1:2' }, sessions: ['h/1:2'] },
  {
    what: 'a session in a header, as UTF-8',
    headers: { 'x-session-id': 'sé😀' },
    sessions: ['sé😀'],
  },
  {
    what: 'metadata in a header, as JSON',
    headers: { 'x-sluice-metadata': '{"session_id":"h","session_uids":["u"],"k":[1,{"x":null}]}' },
    sessions: ['h', 'u'],
    metadata: { k: [1, { x: null }] },
  },
  {
    what: 'metadata in a header, as a slug',
    headers: { 'x-sluice-metadata': encodeMetadataSlug({ session_id: 'h', ...team }) },
    sessions: ['h'],
    metadata: team,
  },
  {
    what: 'everything at once: path, slug, header, in that order, and the slug wins',
    prefix: `/sessions/path${slug({ session_id: 'slug', session_uids: ['uid'], k: 'slug' })}`,
    headers: {
      'x-session-id': 'header',
      'x-sluice-metadata': '{"session_id":"json","k":"json","l":1}',
    },
    sessions: ['path', 'slug', 'uid', 'json', 'header'],
    metadata: { k: 'slug', l: 1 },
  },
  {
    what: 'a hundred sessions',
    prefix: slug({ session_uids: Array.from({ length: 100 }, (_, i) => `many-${i}`) }),
    sessions: Array.from({ length: 100 }, (_, i) => `many-${i}`),
  },
]

describe('every way to say whose call it is', () => {
  const scope = createScope()
  let gateway: RunningGateway
  let upstream: ScriptedUpstream

  before(async () => {
    upstream = await startUpstream(scope)
    upstream.play(single(completion('well')))
    gateway = await startGateway(scope, {
      config: {
        upstreams: [{ url: `${upstream.url}/base/v1/`, kind: 'generic', name: 'up' }],
        store: { synchronous: 'off' },
      },
    })
  })
  after(() => scope.close())

  for (const { what, prefix = '', headers = {}, sessions, metadata = {} } of FORMS) {
    test(`${what}: the plain call upstream, and the trace under each session`, async () => {
      const { socket, next } = await talk(gateway.port)
      const body = '{"model":"m","messages":[]}'
      const line = `POST ${prefix}/v1/chat/completions?beta=1 HTTP/1.1`
      const type = { 'content-type': 'application/json', 'content-length': String(body.length) }
      socket.write(requestOf(line, { host: 'x', ...type, ...headers }, body))
      const reply = await next()
      socket.destroy()
      assert.equal(reply?.status, 200, reply?.body.toString())
      assert.equal(upstream.seen.at(-1)?.path, '/base/v1/chat/completions?beta=1')

      const id = String(reply.headers['x-trace-id'])
      const trace = (await gateway.json(`/traces/${id}`)) as Trace
      assert.deepEqual(trace.session_ids, sessions)
      assert.equal(trace.session_id, sessions[0])
      assert.deepEqual(trace.metadata, metadata)
      for (const session of sessions) {
        const path = `/sessions/${encodeURIComponent(session)}/traces`
        const ids = ((await gateway.json(path)) as Trace[]).map((one) => one.trace_id)
        assert.ok(ids.includes(id), `the trace is found under ${session}`)
      }
    })
  }

  test('odd session ids can be listed, read and deleted, each on its own', async () => {
    const ids = new Set(FORMS.flatMap(({ sessions }) => sessions))
    const listed = (await gateway.json('/sessions?limit=1000')) as { session_id: string }[]
    assert.deepEqual(new Set(listed.map((one) => one.session_id)), ids)
    for (const id of ids) {
      const url = `${gateway.url}/sessions/${encodeURIComponent(id)}`
      assert.equal((await fetch(url)).status, 200, id)
      assert.equal((await fetch(url, { method: 'DELETE' })).status, 200, id)
      assert.equal((await fetch(url)).status, 404, id)
    }
    assert.deepEqual(await gateway.json('/sessions'), [])
  })
})
