import assert from 'node:assert/strict'
import { after, before, describe, test } from 'node:test'
import { encodeMetadataSlug } from 'sluice/client'
import type { Trace } from 'sluice/plugin'
import { chat, completion, DONE, roleEvent, tokenEvent } from '../support/events.ts'
import { startGateway, type RunningGateway } from '../support/gateway.ts'
import { post, type RawReply } from '../support/raw-client.ts'
import { createScope } from '../support/scope.ts'
import {
  single,
  startUpstream,
  stream,
  type ScriptedUpstream,
} from '../support/scripted-upstream.ts'
import { BUILT_IN, folderWith } from './plugin-folder.ts'
import { SABOTEUR } from './saboteur.ts'

/** What a caller and the record see when one hook goes wrong in one way. */
interface Failure {
  readonly hook: string
  readonly how: string
  readonly status: number
  /** The error's code; null: the answer is the upstream's, byte by byte. */
  readonly code: string | null
  /** Null: nothing is on record, for nothing was sent. */
  readonly trace:
    | readonly [status: string, reason: string | null, warnings?: readonly string[]]
    | null
  readonly sent: number
}

type Counters = Readonly<Record<string, { failures: number; timeouts: number }>>

const DEADLINE_MS = 60
const EVENTS = [roleEvent(), tokenEvent('one'), tokenEvent('', { finish: 'stop' }), DONE]
const FAILS = ['throw', 'throw null', 'throw a bare object', 'reject'] as const
const GARBAGE = ['answer 42', 'answer a text', 'answer a list'] as const
const KEPT = ['complete', null, []] as const

function failures(
  hook: string,
  hows: readonly string[],
  want: Omit<Failure, 'hook' | 'how'>,
): Failure[] {
  return hows.map((how) => ({ hook, how, ...want }))
}

const unseen = { status: 500, code: 'hook_failed', trace: null, sent: 0 } as const
const declared = { ...unseen, trace: ['error', 'hook_failed'] } as const
const skipped = { status: 200, code: null, trace: KEPT, sent: 1 } as const
const late = { status: 504, code: 'hook_timeout' } as const
const refused = { status: 451, code: 'refused' } as const
const withheld = { status: 503, code: 'capture_unavailable', sent: 1, trace: KEPT } as const
const warned = (hook: string) =>
  ({ ...skipped, trace: ['complete', null, [`plugin_failed:saboteur.${hook}`]] }) as const

const FAILURES: readonly Failure[] = [
  ...failures('params', [...FAILS, ...GARBAGE], unseen),
  ...failures('params', ['hang'], { ...unseen, ...late }),
  ...failures('params', ['refuse'], { ...unseen, ...refused }),
  ...failures('params', ['write into what it was given'], skipped),
  ...failures(
    'upstream',
    [...FAILS, 'hang', ...GARBAGE, 'answer an empty object', 'answer with a getter that throws'],
    skipped,
  ),
  ...failures('upstream', ['refuse'], { ...unseen, ...refused }),
  ...failures('attempt', [...FAILS, ...GARBAGE, 'answer a circle'], declared),
  ...failures('attempt', ['hang'], { ...declared, ...late, trace: ['error', 'hook_timeout'] }),
  ...failures('attempt', ['refuse'], { ...declared, ...refused, trace: ['error', 'refused'] }),
  ...failures('intent', FAILS, declared),
  ...failures('intent', ['hang'], { ...declared, ...late, trace: ['error', 'hook_timeout'] }),
  ...failures('intent', ['refuse'], { ...declared, ...refused, trace: ['error', 'refused'] }),
  ...failures('intent', GARBAGE, skipped),
  ...failures(
    'headers',
    [
      ...FAILS,
      'hang',
      ...GARBAGE,
      'set a header to nothing',
      'break a header',
      'set our header',
      'set a length',
    ],
    skipped,
  ),
  ...failures(
    'stream',
    [...FAILS, 'hang', 'answer 42', 'answer a text', 'answer a list'],
    warned('stream'),
  ),
  ...failures('observe', [...FAILS, 'hang'], warned('stream')),
  // It deceives the other plugins, who see the same chunk; bytes and status are beyond its reach.
  ...failures('observe', ['write into what it was given'], {
    ...skipped,
    trace: ['complete', null],
  }),
  ...failures(
    'chunk',
    ['throw', 'throw null', 'hang', ...GARBAGE, 'answer an empty object', 'answer a foreign chunk'],
    warned('stream'),
  ),
  ...failures(
    'trace',
    [...FAILS, 'hang', ...GARBAGE, 'answer an empty object', 'lose what it was given'],
    warned('trace'),
  ),
  ...failures('save', [...FAILS, 'hang'], withheld),
  ...failures('save', ['refuse'], {
    ...withheld,
    ...refused,
    trace: ['partial', 'refused', ['ending_withheld']],
  }),
  ...failures('save', GARBAGE, skipped),
  ...failures(
    'saved',
    [...FAILS, 'hang', ...GARBAGE, 'refuse', 'write into what it was given'],
    skipped,
  ),
]

describe('plugins that fail while a call is under way', () => {
  const scope = createScope()
  let gateway: RunningGateway
  let upstream: ScriptedUpstream
  let calls = 0

  before(async () => {
    upstream = await startUpstream(scope)
    const dir = folderWith(scope, { 'saboteur.ts': SABOTEUR })
    gateway = await startGateway(scope, {
      dir,
      config: {
        upstreams: [{ url: upstream.url, kind: 'generic', name: 'up', models: ['m'] }],
        plugins: [...BUILT_IN, { use: 'saboteur', timeoutMs: DEADLINE_MS }],
        store: { synchronous: 'off' },
        log_level: 'silent',
      },
    })
  })
  after(() => scope.close())

  async function sabotaged(
    hook: string,
    how: string,
    body: object,
  ): Promise<RawReply & { session: string; sent: number }> {
    const before = upstream.seen.length
    const session = `call-${(calls += 1)}`
    const slug = encodeMetadataSlug({ hook, how, session_id: session })
    const reply = await post(`${gateway.url}/meta/${slug}/v1/chat/completions`, body)
    return { ...reply, session, sent: upstream.seen.length - before }
  }

  async function recorded(session: string): Promise<Trace | undefined> {
    const page = await gateway.json(`/traces?pending=true&session_id=${session}`)
    const [summary] = (page as { items: { trace_id: string }[] }).items
    return summary && ((await gateway.json(`/traces/${summary.trace_id}`)) as Trace)
  }

  for (const streamed of [false, true]) {
    const answer = streamed ? EVENTS.join('') : completion('well')
    for (const { hook, how, status, code, trace: wanted, sent } of FAILURES) {
      test(`${hook}: ${how}, ${streamed ? 'stream' : 'single'}: ${code ?? 'the call goes on'}`, async () => {
        upstream.play(streamed ? stream(EVENTS) : single(answer))
        const reply = await sabotaged(hook, how, chat(streamed))
        const text = reply.body.toString()
        assert.equal(reply.sent, sent)
        // A stream has its status when its ending is withheld: then it is cut, with an error event.
        const cut = streamed && sent === 1 && code !== null
        assert.equal(reply.status, cut ? 200 : status, text)
        assert.equal(reply.complete, !cut)
        if (code === null) assert.equal(text, answer)
        else assert.match(text, new RegExp(`"code":"${code}"`))
        if (cut) assert.doesNotMatch(text, /\[DONE\]|"finish_reason":"stop"/)
        assert.doesNotMatch(text, /secret cause/)
        assert.equal(reply.headers['x-forged'], undefined)
        assert.notEqual(reply.headers['x-trace-id'], 'forged')

        const trace = await recorded(reply.session)
        const found = trace && [
          trace.status,
          trace.reason,
          ...(wanted?.[2] ? [trace.warnings] : []),
        ]
        assert.deepEqual(found ?? null, wanted)
        if (!trace || code !== null) return
        assert.deepEqual(trace.messages, [{ role: 'user', content: 'q' }])
        assert.equal(trace.model, 'm')
        assert.equal(trace.response_message['content'], streamed ? 'one' : 'well')
      })
    }
  }

  for (const how of [...FAILS, 'hang', ...GARBAGE, 'refuse']) {
    test(`refused: ${how}: the upstream's refusal is the answer`, async () => {
      upstream.play(single('{"error":"no"}', { status: 400 }))
      const reply = await sabotaged('refused', how, chat(false))
      assert.deepEqual([reply.status, reply.body.toString()], [400, '{"error":"no"}'])
    })

    test(`error: ${how}: the error stays what it was`, async () => {
      const reply = await sabotaged('error', how, { model: 'nope' })
      assert.equal(reply.status, 404)
      assert.match(reply.body.toString(), /model_not_found/)
    })
  }

  test('every failure is counted under the name of its plugin and hook', async () => {
    const described = (await gateway.json('/admin/plugins')) as {
      plugins: { name: string; hooks: Counters }[]
    }
    const hooks: Counters = described.plugins.find(({ name }) => name === 'saboteur')?.hooks ?? {}
    for (const hook of [
      'params',
      'upstream',
      'attempt',
      'intent',
      'refused',
      'headers',
      'stream',
      'trace',
      'save',
      'saved',
      'error',
    ]) {
      assert.ok((hooks[hook]?.failures ?? 0) > 0, hook)
    }
    assert.ok((hooks['params']?.timeouts ?? 0) >= 2)
  })
})
