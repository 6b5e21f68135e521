import assert from 'node:assert/strict'
import { suite, test } from 'node:test'
import fc from 'fast-check'
import {
  baggageOf,
  currentSession,
  extractBaggage,
  injectBaggage,
  session,
  sessionFromBaggage,
  type Session,
} from '../../src/client/index.ts'
import { anyMetadata } from './metadata-arbitrary.ts'

const OWN = /^rllm-session=[!#$%&'()*+./\w:<=>?@[\]^`{|}~-]+$/

suite('baggage', () => {
  test('carries any session there and back', () => {
    let carried = 0
    fc.assert(
      fc.property(anyMetadata, fc.string({ unit: 'binary', minLength: 1 }), (metadata, name) => {
        const { session_name: _, ...own } = metadata
        session({ outer: true }, () =>
          session({ ...own, session_name: name }, (made) => {
            let value: string
            try {
              value = baggageOf()
            } catch (error) {
              return assert.ok(error instanceof RangeError, String(error))
            }
            assert.match(value, OWN)
            assert.deepEqual(extractBaggage(value), made)
            carried += 1
          }),
        )
      }),
    )
    assert.ok(carried > 50)
  })

  test('puts another process into the same session', async () => {
    const header = session({ session_name: 'math:0', step: 2 }, () => injectBaggage()['baggage'])
    const inner = await sessionFromBaggage(header, async () =>
      session({ tool: 'search' }, async () => {
        await new Promise(setImmediate)
        return currentSession()
      }),
    )
    const outer = extractBaggage(header)
    assert.equal(inner?.sessionName, 'math:0')
    assert.deepEqual(inner?.metadata, { step: 2, tool: 'search' })
    assert.deepEqual(inner?.sessionUids, [outer?.uid, inner?.uid])
    assert.equal(currentSession(), null)
  })

  test('reads what a Python client writes: spaces as plus, JSON with spaces', () => {
    const header =
      'rllm-session=%7B%22metadata%22%3A+%7B%22session_name%22%3A+%22a+b%2Bc%22%7D%2C+' +
      '%22session_uid_chain%22%3A+%5B%22u1%22%2C+%22u2%22%5D%7D'
    assert.deepEqual(extractBaggage(header), {
      uid: 'u2',
      sessionName: 'a b+c',
      sessionUids: ['u1', 'u2'],
      metadata: {},
    })
  })

  test('takes the uid for the name of a session that came without one', () => {
    const json = '{"metadata":{"a":1},"session_uid_chain":["u"]}'
    const carried = extractBaggage(`rllm-session=${encodeURIComponent(json)}`)
    assert.deepEqual([carried?.uid, carried?.sessionName, carried?.metadata], ['u', 'u', { a: 1 }])
  })

  test('keeps the members of others and takes the place of an older session', () => {
    session({ session_name: 's' }, (own) => {
      const stale = 'rllm-session=%7B%7D;ttl=1'
      const headers = { accept: '*/*', Baggage: ` userId=alice , ${stale},k=v;prop=1 ` }
      const merged = injectBaggage(headers)
      assert.deepEqual(Object.keys(merged), ['accept', 'baggage'])
      assert.equal(merged['baggage'], `${baggageOf()},userId=alice,k=v;prop=1`)
      assert.deepEqual(extractBaggage(merged['baggage']), own)
      assert.equal(headers.Baggage.includes(stale), true)
    })
  })

  test('stays within 64 members and 8192 bytes by leaving out the last of others', () => {
    session(() => {
      const many = Array.from({ length: 80 }, (_, index) => `k${index}=v`).join(',')
      const members = injectBaggage({ baggage: many })['baggage']?.split(',') ?? []
      assert.equal(members.length, 64)
      assert.equal(members.at(-1), 'k62=v')
      const long = `a=1,b=${'x'.repeat(8100)},c=1`
      assert.equal(injectBaggage({ baggage: long })['baggage'], `${baggageOf()},a=1`)
    })
  })

  test('refuses a session that does not fit, rather than carry half of it', () => {
    session({ text: 'ü'.repeat(2000) }, () => {
      assert.throws(() => baggageOf(), RangeError)
      assert.throws(() => injectBaggage(), RangeError)
    })
  })

  test('outside of a session changes nothing', () => {
    assert.equal(baggageOf(), '')
    assert.deepEqual(injectBaggage({ Baggage: 'a=1' }), { Baggage: 'a=1' })
  })

  for (const broken of [
    undefined,
    null,
    '',
    [],
    ',;=,=',
    'userId=alice',
    'rllm-session',
    'rllm-session=',
    'rllm-session=%',
    'rllm-session=%ff',
    'rllm-session=%7B',
    'rllm-session=[]',
    'rllm-session=null',
    'rllm-session={}',
    'rllm-session={"metadata":{"session_name":"s"}}',
    `rllm-session=${encodeURIComponent('{"metadata":[],"session_uid_chain":["u"]}')}`,
    `rllm-session=${encodeURIComponent('{"metadata":{"session_name":"s"},"session_uid_chain":[]}')}`,
    `rllm-session=${encodeURIComponent('{"metadata":{"session_name":"s"},"session_uid_chain":[1]}')}`,
    `rllm-session=${encodeURIComponent('{"metadata":{"session_name":"s","__proto__":{}},"session_uid_chain":["u"]}')}`,
  ]) {
    test(`of ${JSON.stringify(broken)?.slice(0, 60)} is no session`, () => {
      assert.equal(extractBaggage(broken), null)
      assert.equal(
        sessionFromBaggage(broken, (own) => own),
        null,
      )
    })
  }

  test('never throws, whatever the header', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'binary' }), (text) => {
        const read = (header: string): Session | null => extractBaggage(header)
        assert.equal(read(text), null)
        read(`rllm-session=${text}`)
        read(`a=b,rllm-session=${encodeURIComponent(JSON.stringify({ metadata: text }))}`)
      }),
    )
  })

  test('is found among the values of a header that came several times', () => {
    session((own) => assert.deepEqual(extractBaggage(['a=1', baggageOf()]), own))
  })
})
