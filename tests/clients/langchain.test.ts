import assert from 'node:assert/strict'
import { after, before, describe, test } from 'node:test'
import {
  HumanMessage,
  type AIMessageChunk,
  type BaseMessage,
  type ToolMessage,
  type UsageMetadata,
} from '@langchain/core/messages'
import { tool } from '@langchain/core/tools'
import { ChatOpenAI } from '@langchain/openai'
import { z } from 'zod'
import { createScope } from '../support/scope.ts'
import { extendsLastTurn, startStand, type Stand } from './stand.ts'

const weather = tool(({ city }) => `${city} is sunny`, {
  name: 'get_weather',
  schema: z.object({ city: z.string() }),
})

describe('LangChain with only its base URL changed', () => {
  const scope = createScope()
  let stand: Stand
  before(async () => (stand = await startStand(scope)))
  after(() => scope.close())

  const modelOf = (baseURL: string): ChatOpenAI =>
    new ChatOpenAI({ model: 'sluice-sim', apiKey: 'EMPTY', configuration: { baseURL } })

  /** The same use of a model at the gateway and straight at the simulator; both must give the same. */
  async function alike<T>(session: string, use: (model: ChatOpenAI) => Promise<T>): Promise<T> {
    const through = await use(modelOf(stand.through(session)))
    assert.deepEqual(through, await use(modelOf(stand.direct)))
    return through
  }

  test('invoke gives what the simulator says', async () => {
    const said = await alike('lc-invoke', async (model) => {
      const reply = await model.invoke('What is a sluice?')
      const { output_tokens: tokens } = reply.usage_metadata as unknown as UsageMetadata
      return { content: reply.text, tokens }
    })
    const [trace, ...more] = await stand.exactTraces('lc-invoke')
    assert.equal(more.length, 0)
    assert.equal(trace?.response_message['content'], said.content)
    assert.equal(trace?.token_counts.completion, said.tokens)
  })

  test('stream gives the same pieces', async () => {
    const pieces = await alike('lc-stream', async (model) =>
      (await Array.fromAsync(await model.stream('What is a sluice?'))).map(({ text }) => text),
    )
    const [trace] = await stand.exactTraces('lc-stream')
    assert.equal(trace?.streaming, true)
    assert.equal(trace?.response_message['content'], pieces.join(''))
  })

  test('bindTools: a tool is called, its result sent back, and every turn is exact', async () => {
    const transcript = await alike('lc-tools', async (model) => {
      const messages: BaseMessage[] = [new HumanMessage('Ask get_weather about Oslo.')]
      const bound = model.bindTools([weather])
      for (let turn = 0; turn < 3; turn += 1) {
        const reply: AIMessageChunk = await bound.invoke(messages)
        messages.push(reply)
        for (const call of reply.tool_calls ?? []) {
          messages.push((await weather.invoke(call)) as ToolMessage)
        }
        if (!reply.tool_calls?.length) messages.push(new HumanMessage('And then?'))
      }
      return messages.map((message) => [message.type, message.text])
    })
    assert.deepEqual(
      transcript.map(([type]) => type),
      ['human', 'ai', 'tool', 'ai', 'human', 'ai', 'human'],
    )
    const traces = await stand.exactTraces('lc-tools')
    assert.deepEqual(
      traces.map(({ finish_reason: finish }) => finish),
      ['tool_calls', 'stop', 'stop'],
    )
    // LangChain writes a call's arguments anew, with other spaces, so the history is not what was said.
    assert.deepEqual(extendsLastTurn(traces), [false, true])
  })
})
