import assert from 'node:assert/strict'
import { stripVTControlCharacters } from 'node:util'
import { suite, test } from 'node:test'
import { aTrace } from '../admin/a-trace.ts'
import { startAdmin, type Admin } from '../admin/setup.ts'
import { run, widest } from './run.ts'

const uuid = (n: number) => `00000000-0000-4000-8000-${String(n).padStart(12, '0')}`

async function fill(admin: Admin, count: number): Promise<void> {
  for (let n = 1; n <= count; n++) {
    const session = n % 2 ? 'harbor/a-very-long-session-name:0' : '日本語のセッション長い名前'
    const status = n === 2 ? 'interrupted' : 'complete'
    await admin.store.save(aTrace(uuid(n), { session_ids: [session], session_id: session, status }))
  }
}

suite('sluice traces ls', () => {
  test('lists the newest traces, last one at the bottom', async () => {
    await using admin = await startAdmin()
    await fill(admin, 5)
    const { out } = await run(['traces', 'ls', '--limit', '3', '--url', admin.url])
    const lines = out.trimEnd().split('\n')
    assert.match(lines[0] ?? '', /^SESSION +TURN +STATUS +IN +OUT +TRACE$/)
    assert.deepEqual(
      lines.slice(1).map((line) => line.slice(-36)),
      [uuid(3), uuid(4), uuid(5)],
    )
    assert.match(lines[1] ?? '', /^harbor\/a-ve… +2 +complete +3 +2 +0/)
  })

  test('walks through all pages for the newest', async () => {
    await using admin = await startAdmin()
    for (let n = 1; n <= 1005; n++) await admin.store.save(aTrace(uuid(n)))
    const { out } = await run([
      'traces',
      'ls',
      '--limit',
      '2',
      '--json',
      '--url',
      `${admin.url}/v1/`,
    ])
    assert.deepEqual(
      (JSON.parse(out) as { seq: number }[]).map(({ seq }) => seq),
      [1004, 1005],
    )
  })

  test('fits the terminal, wide and narrow, in colour and without', async () => {
    await using admin = await startAdmin()
    await fill(admin, 4)
    for (const columns of [80, 100, 140]) {
      const plain = await run(['traces', 'ls', '--url', admin.url], { columns })
      const coloured = await run(['traces', 'ls', '--url', admin.url], { columns, color: true })
      assert.ok(widest(plain.out) <= columns, plain.out)
      assert.ok(!plain.out.includes('\u001b'))
      assert.ok(coloured.out.includes('\u001b'))
      assert.equal(stripVTControlCharacters(coloured.out), plain.out)
      assert.equal(plain.out.includes('MODEL'), columns === 140)
    }
  })

  test('filters by session and status, and says when there is nothing', async () => {
    await using admin = await startAdmin()
    await fill(admin, 4)
    const ls = async (...args: string[]) =>
      (await run(['traces', 'ls', '--url', admin.url, ...args])).out
    assert.equal(JSON.parse(await ls('--status', 'interrupted', '--json')).length, 1)
    assert.equal(
      JSON.parse(await ls('--session', 'harbor/a-very-long-session-name:0', '--json')).length,
      2,
    )
    assert.equal(await ls('--session', 'nobody'), 'no traces\n')
  })
})

suite('sluice traces show', () => {
  test('shows a trace for reading', async () => {
    await using admin = await startAdmin()
    await admin.store.save(aTrace('t1', { session_ids: ['s1', 's2'], warnings: ['odd'] }))
    const { out } = await run(['traces', 'show', 't1', '--url', admin.url])
    for (const line of [
      't1  complete',
      '  session    s1, turn 1; also s2',
      '  upstream   sim http://127.0.0.1:1/v1, SIMULATED',
      '  tokens     3 in, 2 out',
      '  changed    logprobs by parameter-injection',
      '  checked    ids = usage, prompt = usage, logprobs aligned',
      '  warning    odd',
      '  user       Hi',
      '  assistant  Hello there',
      '  logprobs   sum -1.7500, mean -0.8750',
      '  #  ID  LOGPROB  TOKEN',
      '  1  11  -1.5000  " there"',
    ]) {
      assert.ok(out.split('\n').includes(line), `${line}\n---\n${out}`)
    }
  })

  test('shows what a call cost, and how that is known', async () => {
    await using admin = await startAdmin()
    const parts = { input: 1.5e-7, cached_input: 0, cache_write: 0, output: 0, reasoning: 0 }
    const cost_details = { ...parts, source: 'list', estimated: true } as const
    await admin.store.save(aTrace('paid', { cost: 1.5e-7, cost_details }))
    await admin.store.save(aTrace('unknown', { cost: null, cost_details: null }))
    const show = async (id: string): Promise<string> =>
      (await run(['traces', 'show', id, '--url', admin.url])).out
    assert.match(await show('paid'), /^ {2}cost {7}\$0\.00000015, by the price list, estimated$/m)
    assert.doesNotMatch(await show('unknown'), /cost/)
  })

  test('shortens what is long and never breaks the width', async () => {
    await using admin = await startAdmin()
    const [choice] = aTrace('x').choices
    assert.ok(choice)
    const count = 50
    const long = {
      ...choice,
      message: {
        role: 'assistant',
        reasoning_content: '考え'.repeat(90),
        content: 'word '.repeat(400),
      },
      token_ids: Array.from({ length: count }, (_, at) => at),
      logprobs: Array.from({ length: count }, (_, at) => (at === 1 ? null : -at)),
      tokens: Array.from({ length: count }, () => '\u001b[31m日本'.repeat(9)),
    }
    const messages = Array.from({ length: 9 }, (_, at) => ({
      role: 'user',
      content: `m${at} \u001b]0;x\u0007`,
    }))
    await admin.store.save(aTrace('long', { choices: [long, { ...long, index: 1 }], messages }))
    const show = async (...args: string[]) =>
      (await run(['traces', 'show', 'long', '--url', admin.url, ...args])).out
    const short = await show('--tokens', '2')
    assert.ok(widest(short) <= 80, short)
    assert.ok(!short.includes('\u001b') && !short.includes('\u0007'))
    assert.match(short, /… 3 earlier messages/)
    assert.match(short, /… \d+ more lines/)
    assert.match(short, /… 46 more/)
    assert.match(short, /choice 1/)
    assert.match(short, /1 unknown/)
    assert.match(await show('--full'), /m0 \\u001b\]0;x/)
  })

  test('gives the exact bytes, and the whole trace as JSON', async () => {
    await using admin = await startAdmin()
    await admin.store.save(aTrace('t1'))
    const show = (...args: string[]) => run(['traces', 'show', 't1', '--url', admin.url, ...args])
    assert.equal((await show('--raw', 'response')).out, '{"choices":[],"secret":1}')
    assert.equal((await show('--raw', 'delivered')).out, '{"choices":[]}')
    assert.deepEqual(JSON.parse((await show('--json')).out), await admin.store.getTrace('t1'))
    assert.match((await show('--raw', 'all')).err, /--raw all is none of request, sent/)
  })

  test('says in one line that there is no such trace', async () => {
    await using admin = await startAdmin()
    assert.deepEqual(await run(['traces', 'show', 'none', '--url', admin.url]), {
      out: '',
      err: 'sluice: There is no such trace.\n',
      code: 1,
    })
  })
})

suite('a gateway that does not answer', () => {
  test('is named, with what to do', async () => {
    for (const command of [
      ['ls'],
      ['show', 'x'],
      ['tail'],
      ['export'],
      ['export', '--session', 's'],
    ]) {
      const { err, out, code } = await run(['traces', ...command, '--url', 'http://127.0.0.1:1'])
      assert.deepEqual([out, code], ['', 1])
      assert.match(
        err,
        /^sluice: no gateway answers at http:\/\/127\.0\.0\.1:1; start one with "sluice serve".*\n$/,
      )
    }
    assert.match(
      (await run(['traces', 'ls', '--url', 'nowhere'])).err,
      /--url nowhere is not an http URL/,
    )
  })
})
