import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { groupOf, nameOnServer } from '../../src/upstream/model-group.ts'
import { starsOf } from '../../src/util/model-patterns.ts'

const serving = (models: readonly string[] | null) => ({ upstream: { models } })

test('a pattern fits what it spells, and its stars put back give the model again', () => {
  const letters = fc.string({ unit: fc.constantFrom('a', 'b', '*', '.') })
  const model = fc.string({ unit: fc.constantFrom('a', 'b', '.') })
  fc.assert(
    fc.property(letters, model, (pattern, name) => {
      const source = pattern.replaceAll('.', '\\.').replaceAll('*', '(.*?)')
      const expected = new RegExp(`^${source}$`, 's').exec(name)?.slice(1) ?? null
      assert.deepEqual(starsOf(pattern, name), expected)
    }),
  )
})

test('no name takes a pattern of many stars long', () => {
  const started = performance.now()
  assert.equal(starsOf('*a'.repeat(30) + 'b', 'a'.repeat(100_000)), null)
  assert.ok(performance.now() - started < 1_000)
})

test('a group is those that name the model, else those of the best pattern, before the others', () => {
  const [any, all, gpt, gpt4, exact] = [null, ['*'], ['gpt-*'], ['gpt-4*', 'x'], ['gpt-4o']].map(
    serving,
  )
  const members = [any, all, gpt, gpt4, exact].flatMap((one) => one ?? [])
  const of = (model: string): readonly unknown[] => groupOf(members, model).named
  assert.deepEqual(of('gpt-4o'), [exact])
  assert.deepEqual(of('gpt-4.1'), [gpt4])
  assert.deepEqual(of('gpt-5'), [gpt])
  assert.deepEqual(of('qwen'), [all])
  assert.deepEqual(groupOf(members, 'qwen').unnamed, [any])
  assert.equal(of('').length, 5, 'a call that names no model is for all of them')
})

for (const [sendModel, models, model, expected] of [
  [null, ['m'], 'm', 'm'],
  ['served', ['m'], 'm', 'served'],
  ['*', ['*'], 'qwen', 'qwen'],
  ['openai/*', ['*'], 'qwen', 'openai/qwen'],
  ['*', ['openai/*'], 'openai/gpt', 'gpt'],
  ['b-*-*', ['a-*-*'], 'a-1-2', 'b-1-2'],
  ['*', null, 'any', 'any'],
  ['served', null, '', 'served'],
  ['x/*', ['*'], '', ''],
] as const) {
  test(`${model || 'no model'} at ${models?.join() ?? 'any'} is sent as ${expected} for ${sendModel}`, () => {
    assert.equal(nameOnServer(sendModel, models, model), expected)
  })
}
