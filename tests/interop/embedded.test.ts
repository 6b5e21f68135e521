import assert from 'node:assert/strict'
import { before, describe, test } from 'node:test'
import { preparePython } from './python.ts'

/** What `local_handler.py` prints. */
interface Printed {
  readonly whole: string
  readonly stream: { readonly text: string; readonly usage: number }
  readonly traces: readonly Readonly<Record<string, unknown>>[]
  readonly create_app: string
  readonly 'port taken': string
  readonly [other: string]: unknown
}

const { python, skip } = await preparePython()

describe('a gateway inside a Python program, with a coroutine as its worker', { skip }, () => {
  let printed: Printed
  before(async () => (printed = (await python?.run('local_handler')) as Printed))

  test('has the coroutine for its only worker', () => {
    assert.deepEqual(printed['workers'], [['local-handler', true]])
  })

  test('answers whole replies and streams with what the coroutine gives', () => {
    assert.equal(printed.whole, 'You said: hello')
    assert.deepEqual(printed.stream, { text: 'You said: hello', usage: 5 })
    assert.deepEqual(printed['asked for stream'], [])
  })

  test('runs calls in the coroutine at the same time', () => {
    assert.deepEqual(printed['at once'], Array(8).fill('You said: together'))
  })

  test('records the ids, logprobs, routing and weights it gives, of either kind of reply', () => {
    assert.deepEqual(
      printed.traces.map((trace) => [
        trace['session_id'],
        trace['streaming'],
        trace['prompt_token_ids'],
        trace['completion_token_ids'],
        trace['logprobs'],
        trace['routing_matrices'],
        trace['weight_version'],
        trace['finish_reason'],
      ]),
      ['whole', 'stream'].map((session) => [
        session,
        session === 'stream',
        [1, 2, 3],
        [4, 5],
        [-0.5, -0.25],
        ['AAAA', 'BBBB'],
        12,
        'stop',
      ]),
    )
  })

  test('tells the caller what the coroutine raised', () => {
    assert.deepEqual(printed['failure'], [
      500,
      'local_handler_failed',
      'ValueError: no such prompt',
    ])
  })

  test('says what takes the place of create_app', () => {
    assert.match(printed.create_app, /with GatewayProcess\(config, local_handler\) as gateway/)
  })

  test('ends well when it is told to, and is an error when it ends by itself', () => {
    assert.equal(printed['exit code'], 0)
    assert.equal(printed['port taken'], 'the gateway ended with exit code 1')
  })

  test('ends with the program when nobody stopped it', async () => {
    const url = (await python?.run('forgotten')) as string
    await assert.rejects(fetch(url), { message: 'fetch failed' })
  })
})
