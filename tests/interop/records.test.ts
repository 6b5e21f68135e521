import assert from 'node:assert/strict'
import { before, describe, test } from 'node:test'
import fc from 'fast-check'
import { sessionPath } from '../../src/trace/session-id.ts'
import { preparePython } from './python.ts'

const { python, skip } = await preparePython()

const part = fc.oneof(
  fc.constantFrom(
    'v1',
    'meta',
    'traces',
    'batch_delete',
    '',
    'harbor',
    'hello-world:0',
    "a'(b)*!~",
  ),
  fc.string({ unit: 'binary', minLength: 1, maxLength: 8 }),
)
// What cannot be given to a program as an argument cannot be an id either.
const anyId = fc
  .array(part, { minLength: 1, maxLength: 4 })
  .map((parts) => parts.join('/'))
  .filter((id) => id.isWellFormed() && !id.includes('\0'))

describe('the records of the Python package', { skip }, () => {
  const ids = fc.sample(anyId, 500)
  let printed: Readonly<Record<string, unknown>>
  before(async () => {
    printed = (await python?.run('records', JSON.stringify(ids))) as typeof printed
  })

  test('have every field by attribute and by key, also those they do not know', () => {
    assert.deepEqual(printed['fields'], ['complete', { team: 'blue' }, 1, true])
    assert.equal(printed['no such field'], "AttributeError: TraceRecord has no field 'nothing'")
  })

  test('keep what they were given through a dump', () => {
    assert.equal(printed['round trip'], true)
    assert.deepEqual(printed['dumped'], ['complete', [-0.5, null], false])
    assert.deepEqual(printed['null became the default'], {})
  })

  test('can be copied with changes that leave the original alone', () => {
    const changed = { finish_reason: 'stop', status: 'error' }
    assert.deepEqual(printed['copies'], [true, changed, 'complete'])
  })

  test('leave out what a dump is told to leave out', () => {
    const names = printed['without null'] as readonly string[]
    for (const name of ['messages', 'finish_reason', 'raw_request']) {
      assert.ok(!names.includes(name), name)
    }
    for (const name of ['session_id', 'logprobs', 'status']) assert.ok(names.includes(name), name)
  })

  test('name what is missing', () => {
    assert.equal(printed['missing'], 'ValueError: WorkerInfo lacks worker_id, url')
    assert.match(String(printed['no object']), /^TypeError: SessionInfo is made of a JSON object/)
  })

  test('take workers as addresses and as objects', () => {
    assert.deepEqual(printed['workers'], [
      ['http://a:1', 1, true],
      ['http://b:2', 3, true],
    ])
  })

  test('make the same path of a session id as the gateway does', () => {
    assert.deepEqual(printed['paths'], ids.map(sessionPath))
  })
})
