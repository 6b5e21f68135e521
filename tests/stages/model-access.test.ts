import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { newKey, newTeam, newUser, type Identity } from '../../src/ledger/index.ts'
import { mayAsk, meantBy } from '../../src/stages/model-access.ts'

interface Lists {
  readonly key?: readonly string[]
  readonly team?: readonly string[]
  readonly user?: readonly string[]
}

function who({ key = [], team, user }: Lists, aliases: Record<string, string> = {}): Identity {
  return {
    role: 'key',
    key: newKey({ models: key, aliases }, 0).key,
    team: team ? newTeam({ models: team }, 0) : null,
    user: user ? newUser({ models: user }, 0) : null,
  }
}

for (const [lists, may, mayNot] of [
  [{}, ['a', 'openai/b', ''], []],
  [{ key: ['a'] }, ['a'], ['b', 'aa', '']],
  [{ key: ['openai/*'] }, ['openai/a', 'openai/a/b', 'openai/'], ['openai', 'x/openai/a']],
  [{ key: ['a*c*e'] }, ['ace', 'abcde', 'a-c-c-e'], ['ae', 'abe', 'aecx']],
  [{ key: ['ab*ba'] }, ['abba', 'ab-ba'], ['aba']],
  [{ key: ['*'] }, ['a', ''], []],
  [{ key: ['all-proxy-models'] }, ['a'], []],
  [{ key: ['no-default-models'] }, [], ['a', 'no-default-models']],
  [{ key: ['a'], team: ['a', 'b'] }, ['a'], ['b', 'c']],
  [{ key: ['a', 'c'], team: ['a', 'b'] }, ['a'], ['b', 'c']],
  [{ team: ['a'] }, ['a'], ['b']],
  [{ key: ['all-team-models'], team: ['a'] }, ['a'], ['b', 'all-team-models']],
  [{ key: ['all-team-models'], team: [] }, ['a', 'b'], []],
  [{ key: ['all-team-models', 'b'], team: ['a'] }, ['a'], ['b']],
  [{ key: ['all-team-models'] }, [], ['a']],
  [{ user: ['a'] }, ['a'], ['b']],
  [{ user: ['no-default-models'] }, [], ['a']],
  [{ user: ['a'], team: ['b'] }, ['b'], ['a']],
] as const satisfies readonly (readonly [Lists, readonly string[], readonly string[]])[]) {
  test(`with ${JSON.stringify(lists)} the models ${may.join()} may be asked, and ${mayNot.join()} not`, () => {
    const identity = who(lists)
    for (const model of may) assert.ok(mayAsk(identity, model), model)
    for (const model of mayNot) assert.ok(!mayAsk(identity, model), model)
  })
}

test('the master key and a gateway without one may ask everything', () => {
  assert.ok(mayAsk({ role: 'master' }, 'a') && mayAsk({ role: 'anyone' }, 'a'))
})

test('a pattern fits what a regular expression of it does', () => {
  const text = fc.string({ unit: fc.constantFrom('a', 'b', '*'), maxLength: 8 })
  const name = fc.string({ unit: fc.constantFrom('a', 'b'), maxLength: 8 })
  fc.assert(
    fc.property(text, name, (pattern, model) => {
      if (pattern === '') return
      const expected = new RegExp(`^${pattern.replaceAll('*', '.*')}$`).test(model)
      assert.equal(mayAsk(who({ key: [pattern] }), model), expected)
    }),
  )
})

test('an alias of a key is its own, and no name that objects have', () => {
  const identity = who({}, { small: 'a' })
  assert.equal(meantBy(identity, 'small'), 'a')
  for (const name of ['constructor', '__proto__', 'toString', 'b']) {
    assert.equal(meantBy(identity, name), name)
  }
})
