import assert from 'node:assert/strict'
import { suite, test } from 'node:test'
import { GatewayError } from '../../src/errors/index.ts'
import { codeOf, startAdmin } from './setup.ts'

suite('flushing', () => {
  for (const [method, path, body, ms] of [
    ['POST', '/admin/flush', undefined, 30_000],
    ['POST', '/admin/flush', {}, 30_000],
    ['POST', '/admin/tracer/flush', { timeout: 2.5 }, 2500],
    ['POST', '/admin/flush-tracer', { timeout: 1 }, 1000],
    ['GET', '/admin/tracer/flush', undefined, 30_000],
    ['GET', '/admin/tracer/flush?timeout=4', undefined, 4000],
  ] as const) {
    test(`${method} ${path} ${JSON.stringify(body) ?? ''} flushes within ${ms} ms`, async () => {
      const asked: number[] = []
      await using admin = await startAdmin({ flush: async (timeout) => asked.push(timeout) > 0 })
      const answer = await admin.ask(method, path, body)
      assert.deepEqual([answer.status, answer.body, asked], [200, { status: 'flushed' }, [ms]])
    })
  }

  test('says when a flush took too long', async () => {
    await using admin = await startAdmin({ flush: async () => false })
    for (const path of ['/admin/flush', '/admin/flush-tracer', '/admin/tracer/flush']) {
      const answer = await admin.ask('POST', path, { timeout: 0.5 })
      assert.deepEqual([answer.status, codeOf(answer)], [408, 'flush_timeout'], path)
    }
  })

  test('refuses a flush timeout that is none', async () => {
    await using admin = await startAdmin()
    for (const timeout of [0, -1, '1', 601]) {
      assert.equal((await admin.ask('POST', '/admin/flush', { timeout })).status, 400)
    }
    assert.equal((await admin.ask('GET', '/admin/tracer/flush?timeout=x')).status, 400)
    assert.equal((await admin.ask('GET', '/admin/flush')).status, 405)
  })

  test('a tracer that is not there is a 503 to those who name it', async () => {
    await using admin = await startAdmin({ hooks: { describe: () => [], tracing: false } })
    for (const [method, path] of [
      ['POST', '/admin/flush-tracer'],
      ['POST', '/admin/tracer/flush'],
      ['GET', '/admin/tracer/flush'],
    ] as const) {
      const answer = await admin.ask(method, path)
      assert.deepEqual([answer.status, codeOf(answer)], [503, 'no_tracer'], `${method} ${path}`)
    }
    assert.deepEqual((await admin.ask('POST', '/admin/flush')).body, { status: 'flushed' })
  })

  for (const [what, error, code] of [
    ['does not answer', new Error('disk gone'), 'store_unreachable'],
    ['cannot commit', new GatewayError('capture_unavailable'), 'store_unreachable'],
    ['is closing', new GatewayError('shutting_down'), 'shutting_down'],
  ] as const) {
    test(`a store that ${what} is a 503 ${code}`, async () => {
      await using admin = await startAdmin({
        async flush() {
          throw error
        },
      })
      for (const path of ['/admin/flush', '/admin/flush-tracer', '/admin/tracer/flush']) {
        const answer = await admin.ask('POST', path)
        assert.deepEqual([answer.status, codeOf(answer)], [503, code], path)
      }
    })
  }
})
