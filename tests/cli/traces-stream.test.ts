import assert from 'node:assert/strict'
import { mkdtemp, readdir, readFile, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { suite, test } from 'node:test'
import type { Intent } from '../../src/plugin/index.ts'
import { createMemoryStore } from '../../src/trace/index.ts'
import { aTrace } from '../admin/a-trace.ts'
import { startAdmin } from '../admin/setup.ts'
import { run } from './run.ts'

const now = () => Math.floor(Date.now() / 1000)

function anIntent(id: string): Intent {
  return {
    trace_id: id,
    session_ids: ['s1'],
    timestamp: now(),
    model: 'tiny',
    dialect: 'chat',
    streaming: false,
    metadata: {},
    request_id: id,
    idempotency_key: null,
    received: new Uint8Array(),
  }
}

suite('sluice traces export', () => {
  test('writes every trace once, whole, a line each', async () => {
    await using admin = await startAdmin()
    for (let n = 0; n < 20; n++)
      await admin.store.save(aTrace(`t${n}`, { session_ids: ['a', 'b'] }))
    const { out, err } = await run(['traces', 'export', '--url', admin.url])
    const traces = out
      .trimEnd()
      .split('\n')
      .map((line) => JSON.parse(line))
    assert.equal(traces.length, 20)
    assert.deepEqual(traces[3], await admin.store.getTrace('t3'))
    assert.equal(err, 'wrote 20 traces\n')
  })

  test('writes the traces of a session into a file', async () => {
    await using admin = await startAdmin()
    for (let n = 0; n < 40; n++)
      await admin.store.save(aTrace(`t${n}`, { session_ids: [n % 2 ? 'a/b:0' : 'c'] }))
    const folder = await mkdtemp(join(tmpdir(), 'sluice-export-'))
    const file = join(folder, 'a.jsonl')
    const args = [
      'traces',
      'export',
      '--session',
      'a/b:0',
      '--out',
      file,
      '--json',
      '--url',
      admin.url,
    ]
    const { out, err } = await run(args)
    assert.deepEqual([out, JSON.parse(err)], ['', { traces: 20 }])
    const lines = (await readFile(file, 'utf8')).trimEnd().split('\n')
    assert.deepEqual(
      lines.map((line) => JSON.parse(line).seq),
      Array.from({ length: 20 }, (_, n) => n + 1),
    )
    assert.deepEqual(await readdir(folder), ['a.jsonl'])
  })

  test('leaves the old file and no other when the gateway breaks off', async () => {
    const store = createMemoryStore()
    let reads = 0
    await using admin = await startAdmin({
      store: {
        ...store,
        async listTraces(query) {
          if (reads++ === 1) throw new Error('disk on fire')
          return store.listTraces(query)
        },
      },
    })
    for (let n = 0; n < 40; n++) await store.save(aTrace(`t${n}`))
    const folder = await mkdtemp(join(tmpdir(), 'sluice-export-'))
    const out = join(folder, 's.jsonl')
    await writeFile(out, 'before')
    const { err, code } = await run([
      'traces',
      'export',
      '--session',
      's1',
      '--out',
      out,
      '--url',
      admin.url,
    ])
    assert.equal(code, 1)
    assert.match(err, /^sluice: .+\n$/)
    assert.deepEqual(await readdir(folder), ['s.jsonl'])
    assert.equal(await readFile(out, 'utf8'), 'before')
  })

  test('refuses a session id that would be another path', async () => {
    await using admin = await startAdmin()
    await assert.rejects(run(['traces', 'export', '--session', '..', '--url', admin.url]), {
      code: 'bad_session',
    })
  })
})

suite('sluice traces tail', () => {
  test('prints what is saved from now on, also calls that began before, each once', async () => {
    const store = createMemoryStore()
    let polls = 0
    await using admin = await startAdmin({
      store: {
        ...store,
        async listSummaries(query) {
          const page = await store.listSummaries(query)
          polls++
          if (polls === 2) await store.save(aTrace('new', { timestamp: now() }))
          if (polls === 4) await store.save(aTrace('slow', { timestamp: now() }))
          return page
        },
      },
    })
    await store.begin(anIntent('slow'))
    // More than a page, so that the slow call lies on a page that is passed once.
    for (let n = 0; n < 600; n++) await store.save(aTrace(`old${n}`, { timestamp: now() }))
    const args = ['traces', 'tail', '--json', '--until-idle', '400', '--url', admin.url]
    const { out, code } = await run(args)
    assert.equal(code, 0)
    const ids = out
      .trimEnd()
      .split('\n')
      .map((line) => JSON.parse(line).trace_id)
    assert.deepEqual(ids, ['new', 'slow'])
    assert.ok(polls > 5)
  })

  test('stops at SIGINT with a header and aligned lines behind it', async () => {
    const store = createMemoryStore()
    let polls = 0
    await using admin = await startAdmin({
      store: {
        ...store,
        async listSummaries(query) {
          if (polls++ === 1) await store.save(aTrace('first', { timestamp: now() }))
          return store.listSummaries(query)
        },
      },
    })
    const { out, err } = await run(['traces', 'tail', '--session', 's1', '--url', admin.url], {
      onOut: () => process.emit('SIGINT'),
    })
    assert.match(out, /^SESSION .+ TRACE\ns1 +1 +complete +3 +2 +first\n$/)
    assert.equal(err, 'waiting for traces\n')
    assert.equal(process.listenerCount('SIGINT'), 0)
  })
})
