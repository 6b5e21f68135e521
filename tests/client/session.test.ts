import assert from 'node:assert/strict'
import { suite, test } from 'node:test'
import {
  assembleRoutingMetadata,
  currentMetadata,
  currentSession,
  currentSessionName,
  currentSessionUids,
  session,
  SlugError,
} from '../../src/client/index.ts'

suite('outside of a session', () => {
  test('there is no name, no uid and no metadata', () => {
    assert.equal(currentSession(), null)
    assert.equal(currentSessionName(), null)
    assert.deepEqual(currentSessionUids(), [])
    assert.deepEqual(currentMetadata(), {})
    assert.deepEqual(assembleRoutingMetadata(), {})
  })
})

suite('a session', () => {
  test('is there for what it awaits, and gone afterwards', async () => {
    const result = await session({ session_name: 'math:0', step: 1 }, async ({ uid }) => {
      await new Promise(setImmediate)
      assert.equal(currentSessionName(), 'math:0')
      assert.deepEqual(currentSessionUids(), [uid])
      assert.deepEqual(currentMetadata(), { step: 1 })
      assert.deepEqual(assembleRoutingMetadata({ more: true }), {
        session_name: 'math:0',
        session_uids: [uid],
        step: 1,
        more: true,
      })
      return 'done'
    })
    assert.equal(result, 'done')
    assert.equal(currentSession(), null)
  })

  test('of a synchronous function gives its result at once', () => {
    assert.equal(
      session({ a: 1 }, () => 42),
      42,
    )
  })

  test('has a uid of its own and a made name when it is given none', () => {
    const first = session((own) => own)
    const second = session((own) => own)
    for (const own of [first, second]) {
      assert.match(own.uid, /^ctx_[0-9a-f]{16}$/)
      assert.match(own.sessionName, /^sess_[0-9a-f]{16}$/)
    }
    assert.notEqual(first.uid, second.uid)
    assert.notEqual(first.sessionName, second.sessionName)
  })

  test('lets errors through, thrown and rejected, and is left with them', async () => {
    const failure = new Error('no')
    assert.throws(
      () =>
        session(() => {
          throw failure
        }),
      failure,
    )
    await assert.rejects(
      session(async () => {
        await new Promise(setImmediate)
        throw failure
      }),
      failure,
    )
    assert.equal(currentSession(), null)
  })

  test('inside others belongs to all of them and inherits what it does not override', () => {
    session({ session_name: 'outer', job: 'a', seed: 7 }, (outer) => {
      session({ job: 'b' }, (middle) => {
        assert.equal(middle.sessionName, 'outer')
        session({ session_name: 'inner', deep: { x: 1 } }, (inner) => {
          assert.deepEqual(currentSessionUids(), [outer.uid, middle.uid, inner.uid])
          assert.equal(currentSessionName(), 'inner')
          assert.deepEqual(currentMetadata(), { job: 'b', seed: 7, deep: { x: 1 } })
        })
        assert.equal(currentSession(), middle)
      })
      assert.deepEqual(currentMetadata(), { job: 'a', seed: 7 })
    })
  })

  test('beside others is kept apart from them', async () => {
    const seen = await Promise.all(
      Array.from({ length: 50 }, (_, index) =>
        session({ index }, async ({ uid }) => {
          for (let turn = 0; turn < index % 5; turn += 1) await new Promise(setImmediate)
          assert.deepEqual(currentSessionUids(), [uid])
          return currentMetadata()['index']
        }),
      ),
    )
    assert.deepEqual(
      seen,
      Array.from({ length: 50 }, (_, index) => index),
    )
  })

  test('does not change with the object it was made of, and cannot be changed', () => {
    const metadata = { nested: { list: [1] } }
    session(metadata, (own) => {
      metadata.nested.list.push(2)
      assert.deepEqual(currentMetadata(), { nested: { list: [1] } })
      assert.throws(() => Object.assign(own.metadata['nested'] as object, { x: 1 }), TypeError)
      assert.throws(() => Object.assign(own, { uid: 'other' }), TypeError)
    })
  })

  test('is seen by another copy of this module in the same process', async () => {
    const url = new URL('../../src/client/session.ts?copy', import.meta.url).href
    const copy = (await import(url)) as { currentSession: typeof currentSession }
    assert.notEqual(copy.currentSession, currentSession)
    session((own) => assert.equal(copy.currentSession(), own))
  })

  test('is refused with metadata that no URL can carry, before anything runs', () => {
    const never = (): never => assert.fail('it ran')
    assert.throws(() => session({ a: Number.NaN }, never), SlugError)
    assert.throws(() => session({ text: 'x'.repeat(20_000) }, never), SlugError)
    assert.throws(() => session({ session_name: '' }, never), TypeError)
    assert.throws(() => session({ session_name: 1 as never }, never), TypeError)
    assert.throws(() => session({ session_uids: ['u'] as never }, never), TypeError)
  })
})
