import assert from 'node:assert/strict'
import { test } from 'node:test'
import { decode, encode, EOS } from '../../src/simulator/index.ts'
import { pythonFloat, serdeFloat } from '../../src/simulator/floats.ts'
import { type Choice, first, run, type Running } from './client.ts'

const choiceOf = async (
  server: Running,
  fields: object,
  headers?: Record<string, string>,
): Promise<Choice> => {
  const { json } = await server.chat({ return_token_ids: true, ...fields }, headers)
  return first(json)
}
const textOf = (choice: Choice): string => String(choice.message.content)
const reply = (text: string): Record<string, string> => ({
  'x-sim-reply': encodeURIComponent(text),
})

test('the same request gets the same reply, from another server with the same seed too', async () => {
  await using one = await run()
  await using two = await run()
  const fields = { logprobs: true, top_logprobs: 3 }
  assert.deepEqual(await choiceOf(one, fields), await choiceOf(one, fields))
  assert.deepEqual(await choiceOf(one, fields), await choiceOf(two, fields))
})

test('another seed of the server, of the request, another prompt or temperature: another reply', async () => {
  await using one = await run()
  await using two = await run({ seed: 7 })
  const replies = [
    await choiceOf(one, {}),
    await choiceOf(two, {}),
    await choiceOf(one, { seed: 1 }),
    await choiceOf(one, { seed: 2 }),
    await choiceOf(one, { temperature: 0.5 }),
    await choiceOf(one, { messages: [{ role: 'user', content: 'Other' }] }),
  ]
  assert.equal(new Set(replies.map(textOf)).size, replies.length)
})

test('replies encode to the ids they were sampled as', async () => {
  await using server = await run({ reasoning: true, replyTokens: [20, 200] })
  for (let seed = 0; seed < 40; seed++) {
    const ids = (await choiceOf(server, { seed })).token_ids
    assert.deepEqual(encode(decode(ids)), ids)
  }
})

test('the number of tokens can be set by option and by header', async () => {
  await using server = await run({ replyTokens: 33 })
  assert.equal((await choiceOf(server, {})).token_ids.length, 33)
  for (const count of [1, 2, 7, 100, 1000]) {
    const choice = await choiceOf(server, {}, { 'x-sim-tokens': String(count) })
    assert.equal(choice.token_ids.length, count)
    assert.equal(choice.finish_reason, 'stop')
  }
})

test('the token limit ends a reply with length and without an end token', async () => {
  await using server = await run()
  for (const fields of [{ max_tokens: 5 }, { max_completion_tokens: 5, max_tokens: 9 }]) {
    const choice = await choiceOf(server, fields)
    assert.equal(choice.finish_reason, 'length')
    assert.equal(choice.token_ids.length, 5)
    assert.notEqual(choice.token_ids.at(-1), EOS)
  }
})

test('ignore_eos goes on to the limit, min_tokens at least that far', async () => {
  await using server = await run()
  const ignoring = await choiceOf(server, { ignore_eos: true, max_tokens: 150 })
  assert.equal(ignoring.token_ids.length, 150)
  assert.equal(ignoring.finish_reason, 'length')
  const longer = await choiceOf(server, { min_tokens: 120, max_tokens: 400 })
  assert.ok(Number(longer.token_ids.length) > 120)
  assert.equal(longer.finish_reason, 'stop')
})

test('a stop string ends the text before it, while ids keep the tokens that completed it', async () => {
  await using server = await run()
  const choice = await choiceOf(
    server,
    { stop: ['river b', 'zzz'] },
    reply('The river begins here.'),
  )
  assert.equal(textOf(choice), 'The ')
  assert.equal(choice.stop_reason, 'river b')
  assert.equal(choice.finish_reason, 'stop')
  assert.equal(decode(choice.token_ids), 'The river begins')
  const fields = { stop: 'river b', include_stop_str_in_output: true }
  assert.equal(textOf(await choiceOf(server, fields, reply('The river begins.'))), 'The river b')
})

test('a stop token ends the reply and is its stop reason', async () => {
  await using server = await run()
  const [id] = encode(' begins')
  const choice = await choiceOf(server, { stop_token_ids: [id] }, reply('The river begins here.'))
  assert.equal(choice.stop_reason, id)
  assert.equal(choice.token_ids.at(-1), id)
  assert.equal(textOf(choice), 'The river')
})

test('nothing follows an end token', async () => {
  await using server = await run()
  const choice = await choiceOf(server, {}, reply('a<|im_end|>b'))
  assert.equal(textOf(choice), 'a')
  assert.equal(choice.token_ids.at(-1), EOS)
  assert.equal(choice.token_ids.length, 2)
})

test('special tokens are left out of the text unless it should keep them; ids always have them', async () => {
  await using server = await run()
  const headers = reply('a<|im_start|>b')
  const skipped = await choiceOf(server, {}, headers)
  const kept = await choiceOf(server, { skip_special_tokens: false }, headers)
  assert.equal(textOf(skipped), 'ab')
  assert.equal(textOf(kept), 'a<|im_start|>b')
  assert.deepEqual(skipped.token_ids, kept.token_ids)
})

test('log probabilities are float32, some of them 0, some very small, none of them -9999', async () => {
  await using server = await run({ replyTokens: 500 })
  const choice = await choiceOf(server, { logprobs: true, top_logprobs: 20 })
  const entries = choice.logprobs.content
  const all = entries.flatMap((entry) => [entry, ...entry.top_logprobs])
  const values = all.map((entry) => Number(entry.logprob))
  assert.ok(values.every((value) => Math.fround(value) === value && value <= 0 && value > -100))
  const sampled = entries.map((entry) => Number(entry.logprob))
  const share = (matches: (value: number) => boolean): number =>
    sampled.filter(matches).length / sampled.length
  assert.ok(Math.abs(share((value) => value === 0) - 0.18) < 0.08)
  assert.ok(Math.abs(share((value) => value < 0 && value > -1e-4) - 0.18) < 0.08)
})

test('processed values of greedy decoding are all 0', async () => {
  await using server = await run({ logprobsMode: 'processed_logprobs' })
  const choice = await choiceOf(server, { logprobs: true, temperature: 0 })
  assert.ok(choice.logprobs.content.every((entry) => Number(entry.logprob) === 0))
})

test('bodies print floats as Python does, streams as serde does', async () => {
  assert.equal(pythonFloat(0), '0.0')
  assert.equal(pythonFloat(-1), '-1.0')
  assert.equal(pythonFloat(-0.25), '-0.25')
  assert.equal(pythonFloat(-7.152557373046875e-7), '-7.152557373046875e-07')
  assert.equal(pythonFloat(-0.0000625), '-6.25e-05')
  assert.equal(serdeFloat(-0.0000625), '-0.0000625')
  assert.equal(serdeFloat(-0.00000625), '-6.25e-6')
  assert.equal(serdeFloat(0), '0.0')
  await using server = await run({ replyTokens: 200 })
  assert.match((await server.chat({ logprobs: true })).text, /"logprob":-\d\.\d+e-0\d,/)
  const { text } = await server.chat({ logprobs: true, stream: true })
  assert.match(text, /"logprob":-\d\.\d+e-[67],/)
  assert.match(text, /"logprob":0\.0,/)
})
