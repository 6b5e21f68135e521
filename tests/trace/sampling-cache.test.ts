import assert from 'node:assert/strict'
import { suite, test } from 'node:test'
import { SamplingCache } from '../../src/trace/sqlite/sampling-cache.ts'

/** A file of params that notes which sessions are asked for. */
function fileWith(params: Record<string, object>) {
  const stored = new Map(Object.entries(params))
  const asked: string[] = []
  return {
    stored,
    asked,
    read: async (session: string) => {
      asked.push(session)
      return (stored.get(session) as Record<string, number>) ?? null
    },
  }
}

suite('sampling params in memory', () => {
  test('nobody is asked as long as no session has any', async () => {
    const { asked, read } = fileWith({})
    const cache = new SamplingCache(false, read)
    assert.equal(await cache.get('a'), null)
    await cache.remove('a', Promise.resolve())
    assert.equal(await cache.get('a'), null)
    assert.deepEqual(asked, [])
  })

  test('the file is asked once for each session, also for one without any', async () => {
    const { asked, read } = fileWith({ a: { top_k: 1 } })
    const cache = new SamplingCache(true, read)
    for (let round = 0; round < 3; round += 1) {
      assert.deepEqual(await cache.get('a'), { top_k: 1 })
      assert.equal(await cache.get('b'), null)
    }
    assert.deepEqual(asked, ['a', 'b'])
  })

  test('what was put or removed is asked for anew', async () => {
    const { stored, read } = fileWith({})
    const cache = new SamplingCache(false, read)
    const write = async (top_k: number) => void stored.set('a', { top_k })
    await cache.put('a', write(1))
    assert.deepEqual(await cache.get('a'), { top_k: 1 })
    await cache.put('a', write(2))
    assert.deepEqual(await cache.get('a'), { top_k: 2 })
    await cache.remove('a', (async () => void stored.delete('a'))())
    assert.equal(await cache.get('a'), null)
  })

  test('a change that fails leaves nothing behind that may be wrong', async () => {
    const { asked, read } = fileWith({ a: { top_k: 1 } })
    const cache = new SamplingCache(true, read)
    await cache.get('a')
    await assert.rejects(cache.put('a', Promise.reject(new Error('disk full'))))
    assert.deepEqual(await cache.get('a'), { top_k: 1 })
    assert.deepEqual(asked, ['a', 'a'])
  })

  for (const when of ['before the change ends', 'after the change has ended'] as const) {
    test(`an answer from before a change that comes ${when} is not kept`, async () => {
      const answers: PromiseWithResolvers<Record<string, number>>[] = []
      const cache = new SamplingCache(true, () => {
        const answer = Promise.withResolvers<Record<string, number>>()
        answers.push(answer)
        return answer.promise
      })
      const change = Promise.withResolvers<void>()
      const early = cache.get('a')
      const changing = cache.put('a', change.promise)
      const answered = async (): Promise<void> => {
        answers[0]?.resolve({ top_k: 1 })
        await early
      }
      if (when === 'before the change ends') await answered()
      change.resolve()
      await changing
      await answered()
      const late = cache.get('a')
      answers[1]?.resolve({ top_k: 2 })
      assert.deepEqual(await late, { top_k: 2 })
    })
  }

  test('the sessions asked for least recently are let go', async () => {
    const { asked, read } = fileWith({ first: { top_k: 1 } })
    const cache = new SamplingCache(true, read)
    await cache.get('first')
    await cache.get('second')
    for (let index = 0; index < 9_999; index += 1) {
      await cache.get(`s${index}`)
      await cache.get('first')
    }
    asked.length = 0
    await cache.get('first')
    await cache.get('second')
    assert.deepEqual(asked, ['second'])
  })
})
