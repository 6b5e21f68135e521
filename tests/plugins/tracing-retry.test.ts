import assert from 'node:assert/strict'
import test from 'node:test'
import { GatewayError, type TraceSink } from 'sluice/plugin'
import { loadPlugin } from 'sluice/plugin/testing'
import { createSaver } from '../../plugins/tracing/save.ts'
import tracing from '../../plugins/tracing/index.ts'

const full = new GatewayError('capture_unavailable', {
  cause: new Error('database or disk is full'),
})
const locked = Object.assign(new Error('no matter'), { errcode: 261 })

/** A store that fails as often as told, then saves. */
function failing(...errors: readonly unknown[]): TraceSink & { readonly asked: number } {
  const left = [...errors]
  let asked = 0
  return {
    get asked() {
      return asked
    },
    async begin() {},
    async save() {
      asked += 1
      if (left.length > 0) throw left.shift()
    },
  }
}

for (const [name, error] of [
  ['overloaded', new GatewayError('overloaded')],
  ['locked by code', new GatewayError('capture_unavailable', { cause: locked })],
  [
    'busy by word',
    new GatewayError('capture_unavailable', { cause: new Error('database is locked') }),
  ],
] as const) {
  test(`a store that is ${name} is asked again until it saves`, async (t) => {
    const traces = failing(error, error, error)
    const p = await loadPlugin(t, tracing, { backoffMs: 1 }, { traces })
    await p.call().trace()
    assert.equal(traces.asked, 4)
    assert.equal(p.log.filter(({ level }) => level === 'warn').length, 3)
  })
}

for (const [name, error, code] of [
  ['a full disk', full, 'capture_unavailable'],
  ['a bug', new TypeError('oops'), 'hook_failed'],
  ['an unusable store', new GatewayError('store_unusable', { cause: locked }), 'store_unusable'],
] as const) {
  test(`${name} fails the call at once`, async (t) => {
    const traces = failing(error, error)
    const p = await loadPlugin(t, tracing, { backoffMs: 1 }, { traces })
    await assert.rejects(p.call().trace(), { code })
    assert.equal(traces.asked, 1)
  })
}

test('a store that stays busy fails the call after the last attempt', async (t) => {
  const busy = new GatewayError('overloaded', { headers: { 'retry-after': '1' } })
  const traces = failing(busy, busy, busy)
  const p = await loadPlugin(t, tracing, { backoffMs: 1, attempts: 2 }, { traces })
  await assert.rejects(p.call().trace(), busy)
  assert.equal(traces.asked, 2)
})

test('no attempt is begun after the deadline', async (t) => {
  const busy = new GatewayError('overloaded')
  const traces = failing(busy, busy)
  const p = await loadPlugin(t, tracing, { deadlineMs: 0, backoffMs: 1 }, { traces })
  await assert.rejects(p.call().trace(), busy)
  assert.equal(traces.asked, 1)
})

test('a shutdown cuts the wait short, and the store is asked one last time', async (t) => {
  const busy = new GatewayError('overloaded')
  const traces = failing(busy, busy, busy)
  const stop = new AbortController()
  const log = { debug() {}, info() {}, error() {}, warn: () => stop.abort() }
  const patience = { attempts: 9, backoffMs: 1e9, deadlineMs: 1e12 }
  const save = createSaver(traces, patience, log, stop.signal)
  const trace = await (await loadPlugin(t, tracing)).call().trace()

  await assert.rejects(save(trace), busy)
  assert.equal(traces.asked, 2)
})

test('a call whose intent cannot be committed is not sent', async (t) => {
  const traces = { ...failing(), begin: () => Promise.reject(full) }
  const p = await loadPlugin(t, tracing, {}, { traces })
  await assert.rejects(p.call().sent(), full)
})
