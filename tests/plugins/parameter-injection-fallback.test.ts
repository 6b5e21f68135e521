import assert from 'node:assert/strict'
import test from 'node:test'
import { loadPlugin, type CallSpec } from 'sluice/plugin/testing'
import parameterInjection from '../../plugins/parameter-injection/index.ts'

const HOUR = 3_600_000
const NOW = Date.UTC(2030, 0, 1)
const ANSWER = { choices: [{ index: 0, message: { content: 'Hi' } }] }

const unknownField = (...names: string[]): { status: number; message: string } => ({
  status: 400,
  message: `Unrecognized request argument${names.length > 1 ? 's' : ''} supplied: ${names.join(', ')}`,
})
const notAllowed = {
  status: 403,
  message: 'You are not allowed to request logprobs from this model',
}

const at = (spec: CallSpec): CallSpec => ({
  params: { model: 'm' },
  startedAt: NOW,
  reply: ANSWER,
  ...spec,
})

test('a refused field is left out and the answer of the next attempt is used', async (t) => {
  const p = await loadPlugin(t, parameterInjection)
  const call = p.call(at({ refusals: [unknownField('return_token_ids')] }))

  assert.deepEqual(await call.attempts(), [
    { model: 'm', logprobs: true, return_token_ids: true },
    { model: 'm', logprobs: true },
  ])
  assert.equal(await call.status(), 200)
  assert.deepEqual(await call.received(), [ANSWER])
})

test('several fields named at once are left out at once', async (t) => {
  const p = await loadPlugin(t, parameterInjection)
  const call = p.call(at({ refusals: [unknownField('logprobs', 'return_token_ids')] }))
  assert.deepEqual(await call.sent(), { model: 'm' })
})

test('fields refused one after the other are left out one after the other', async (t) => {
  const p = await loadPlugin(t, parameterInjection)
  const refusals = [unknownField('return_token_ids'), notAllowed]
  assert.deepEqual(await p.call(at({ refusals })).sent(), { model: 'm' })
})

for (const refusal of [
  notAllowed,
  { status: 422, message: 'Extra inputs are not permitted', param: 'body.logprobs' },
  { status: 400, message: 'Unsupported parameter', param: 'logprobs' },
]) {
  test(`logprobs are refused by ${refusal.status} "${refusal.message}"`, async (t) => {
    const p = await loadPlugin(t, parameterInjection, { logprobs: 'on' })
    const call = p.call(at({ upstream: { kind: 'openai' }, refusals: [refusal] }))
    assert.deepEqual(await call.sent(), { model: 'm' })
  })
}

test('stream_options are refused by the name of what is in them', async (t) => {
  const p = await loadPlugin(t, parameterInjection)
  const refusals = [unknownField('include_usage')]
  const call = p.call(
    at({ params: { stream: true }, upstream: { kind: 'generic' }, refusals, reply: [ANSWER] }),
  )
  assert.deepEqual(await call.sent(), { stream: true })
})

for (const [name, spec] of Object.entries<CallSpec>({
  'about something else': { refusals: [{ status: 400, message: 'temperature must be in [0, 2]' }] },
  'about a longer name': {
    refusals: [{ status: 400, message: 'prompt_logprobs is not supported' }],
  },
  'of another status': { refusals: [{ status: 500, message: 'logprobs failed' }] },
  'about a field the caller set': {
    params: { logprobs: true },
    refusals: [{ status: 400, message: 'logprobs are not supported' }],
  },
})) {
  test(`a refusal ${name} goes to the caller`, async (t) => {
    const p = await loadPlugin(t, parameterInjection)
    const call = p.call(at(spec))
    assert.equal((await call.attempts()).length, 1)
    assert.equal(await call.status(), spec.refusals?.[0]?.status)
  })
}

test('required: the upstream that refuses logprobs has the last word', async (t) => {
  const p = await loadPlugin(t, parameterInjection, { logprobs: 'required' })
  const call = p.call(at({ upstream: { kind: 'openai' }, refusals: [notAllowed] }))

  assert.equal(await call.status(), 403)
  assert.match((await call.receivedBytes()).toString(), /not allowed to request logprobs/)
})

test('required: logprobs are asked for though they were refused before, other fields are not', async (t) => {
  const since = new Date(NOW).toISOString()
  const memory = { 'upstream m': { logprobs: since, return_token_ids: since } }
  const p = await loadPlugin(t, parameterInjection, { logprobs: 'required' }, { memory })
  assert.deepEqual(await p.call(at({})).sent(), { model: 'm', logprobs: true })
})

test('what was refused is not asked for again, of this model at this upstream', async (t) => {
  const p = await loadPlugin(t, parameterInjection)
  await p.call(at({ refusals: [unknownField('return_token_ids')] })).trace()

  assert.deepEqual(await p.call(at({})).attempts(), [{ model: 'm', logprobs: true }])
  const otherModel = await p.call(at({ params: { model: 'n' } })).sent()
  assert.equal(otherModel['return_token_ids'], true)
  const otherUpstream = await p.call(at({ upstream: { name: 'other' } })).sent()
  assert.equal(otherUpstream['return_token_ids'], true)
})

test('what was refused is remembered across restarts, readably', async (t) => {
  const first = await loadPlugin(t, parameterInjection)
  await first.call(at({ refusals: [unknownField('return_token_ids')] })).trace()
  await first.call(at({ refusals: [notAllowed] })).trace()
  const since = '2030-01-01T00:00:00.000Z'
  const memory = Object.fromEntries(first.memory)
  assert.deepEqual(memory, { 'upstream m': { return_token_ids: since, logprobs: since } })

  const second = await loadPlugin(t, parameterInjection, {}, { memory })
  assert.deepEqual(await second.call(at({})).attempts(), [{ model: 'm' }])
})

test('a field is tried again after some hours', async (t) => {
  const p = await loadPlugin(t, parameterInjection, { relearnAfterHours: 2 })
  await p.call(at({ refusals: [unknownField('return_token_ids')] })).trace()

  const soon = await p.call(at({ startedAt: NOW + 2 * HOUR - 1 })).sent()
  assert.equal(soon['return_token_ids'], undefined)
  const later = await p.call(at({ startedAt: NOW + 2 * HOUR })).sent()
  assert.equal(later['return_token_ids'], true)
})

test('a field is not blamed when the call fails without it too', async (t) => {
  const p = await loadPlugin(t, parameterInjection)
  const refusals = [
    { status: 400, message: 'cannot read {"logprobs": true, "messages": 7}' },
    { status: 400, message: 'cannot read {"messages": 7}' },
  ]
  const call = p.call(at({ refusals }))

  assert.equal(await call.status(), 400)
  assert.deepEqual([...p.memory], [])
})
