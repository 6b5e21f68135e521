import assert from 'node:assert/strict'
import { test } from 'node:test'
import { completion, embedded } from './setup.ts'

const handler = (): never => completion('hi') as never

/** What a request to this place ends with: a status, or the code of its failure. */
async function knock(url: string): Promise<unknown> {
  try {
    return (await fetch(`${url}/health`)).status
  } catch (error) {
    return ((error as Error).cause as NodeJS.ErrnoException).code
  }
}

test('a gateway listens once, and closing it closes its server', async (t) => {
  const gateway = await embedded(t, { handler })
  const { url } = await gateway.listen()
  await assert.rejects(gateway.listen(), { code: 'config_invalid', message: /already/ })
  assert.equal(await knock(url), 200)
  await gateway.close()
  assert.equal(await knock(url), 'ECONNREFUSED')
})

test('of two that ask it to listen at the same moment one is told no', async (t) => {
  const gateway = await embedded(t, { handler })
  const outcomes = await Promise.allSettled([gateway.listen(), gateway.listen()])
  assert.deepEqual(
    outcomes.map(({ status }) => status),
    ['fulfilled', 'rejected'],
  )
})

test('a gateway whose address is taken can listen at another', async (t) => {
  const first = await (await embedded(t, { handler })).listen()
  const gateway = await embedded(t, { handler })
  await assert.rejects(gateway.listen({ port: first.port }), { code: 'config_invalid' })
  assert.equal(await knock((await gateway.listen()).url), 200)
})

test('a gateway that was closed does not listen any more', async (t) => {
  const gateway = await embedded(t, { handler })
  await gateway.close()
  await assert.rejects(gateway.listen(), { code: 'shutting_down' })
})

test('a gateway that is closed while it begins to listen leaves no server behind', async (t) => {
  const taken = await (await embedded(t, { handler })).listen()
  await taken.close(Promise.resolve())
  const gateway = await embedded(t, { handler })
  const listening = gateway.listen({ port: taken.port })
  const closed = gateway.close()
  await assert.rejects(listening, { code: 'shutting_down' })
  await closed
  assert.equal(await knock(taken.url), 'ECONNREFUSED')
})
