import assert from 'node:assert/strict'
import { suite, test } from 'node:test'
import { createWeightVersions } from '../../src/stages/index.ts'
import { codeOf, startAdmin } from './setup.ts'

suite('the weight version', () => {
  test('is null until it is set, and then what was set', async () => {
    await using admin = await startAdmin()
    const read = async () => (await admin.ask('GET', '/admin/weight_version')).body
    assert.deepEqual(await read(), { weight_version: null })
    for (const version of [
      7,
      0,
      -3,
      Number.MAX_SAFE_INTEGER,
      '7',
      'step-7',
      'ä 😀',
      'v'.repeat(200),
    ]) {
      const answer = await admin.ask('POST', '/admin/weight_version', { weight_version: version })
      assert.deepEqual([answer.status, answer.body], [200, { weight_version: version }])
      assert.deepEqual(await read(), { weight_version: version })
    }
  })

  for (const [what, text] of [
    ['nothing', '{}'],
    ['null', '{"weight_version":null}'],
    ['true', '{"weight_version":true}'],
    ['a fraction', '{"weight_version":1.5}'],
    ['a number too large to be exact', '{"weight_version":9007199254740993}'],
    ['a number too large for anything', '{"weight_version":1e999}'],
    ['an empty text', '{"weight_version":""}'],
    ['a long text', `{"weight_version":"${'v'.repeat(201)}"}`],
    ['a control character', '{"weight_version":"a\\nb"}'],
    ['half of a surrogate pair', '{"weight_version":"\\ud83d"}'],
    ['an object', '{"weight_version":{"step":1}}'],
    ['a list', '{"weight_version":[1]}'],
  ] as const) {
    test(`is not ${what}`, async () => {
      await using admin = await startAdmin()
      await admin.ask('POST', '/admin/weight_version', { weight_version: 1 })
      const response = await fetch(`${admin.url}/admin/weight_version`, {
        method: 'POST',
        headers: { 'content-type': 'application/json' },
        body: text,
      })
      const { error } = (await response.json()) as { error: { code: string; param: string } }
      assert.deepEqual(
        [response.status, error.code, error.param],
        [400, 'bad_weight_version', 'weight_version'],
      )
      assert.deepEqual((await admin.ask('GET', '/admin/weight_version')).body, {
        weight_version: 1,
      })
    })
  }

  test('stays as it was when it cannot be kept, and counts only once it is', async () => {
    const [asked, kept] = [Promise.withResolvers<void>(), Promise.withResolvers<void>()]
    const weights = createWeightVersions({
      weightVersion: 1,
      setWeightVersion() {
        asked.resolve()
        return kept.promise
      },
    })
    await using admin = await startAdmin({ weights })
    const answering = admin.ask('POST', '/admin/weight_version', { weight_version: 2 })
    await asked.promise
    assert.equal(weights.current, 1)
    kept.reject(new Error('no space left'))
    const answer = await answering
    assert.deepEqual([answer.status, codeOf(answer)], [503, 'state_unwritable'])
    assert.equal(weights.current, 1)
  })

  test('is the later of two that are set at the same time', async () => {
    const writes: PromiseWithResolvers<void>[] = []
    const weights = createWeightVersions({
      weightVersion: null,
      setWeightVersion() {
        const write = Promise.withResolvers<void>()
        writes.push(write)
        return write.promise
      },
    })
    const both = Promise.all([weights.set(1), weights.set(2)])
    const settle = async (): Promise<void> => {
      await Promise.resolve()
      writes.pop()?.resolve()
    }
    await settle()
    while (weights.current !== 2) await settle()
    await both
    assert.equal(weights.current, 2)
  })
})
