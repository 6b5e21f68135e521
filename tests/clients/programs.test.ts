import assert from 'node:assert/strict'
import { execFile } from 'node:child_process'
import { after, before, describe, test } from 'node:test'
import { fileURLToPath } from 'node:url'
import { isDeepStrictEqual, promisify } from 'node:util'
import { createScope } from '../support/scope.ts'
import { extendsLastTurn, startStand, type Stand } from './stand.ts'

/** What a program prints: the last answer, and the arguments its tool was called with. */
interface Printed {
  readonly answer: string
  readonly asked: readonly string[]
}

describe('programs that know nothing but a base URL', () => {
  const scope = createScope()
  let stand: Stand
  before(async () => (stand = await startStand(scope)))
  after(() => scope.close())

  // Without `--conditions`: packages besides this one have sources under the name it gives.
  async function run(program: string, ...args: readonly string[]): Promise<Printed> {
    const file = fileURLToPath(new URL(`./programs/${program}.ts`, import.meta.url))
    const { stdout } = await promisify(execFile)(process.execPath, [file, ...args])
    return JSON.parse(stdout) as Printed
  }

  // The AI SDK parses a call's arguments and prints them anew, with other spaces; Agents keeps the text.
  const programs = [
    { program: 'openai-agents', keepsHistory: true },
    { program: 'ai-sdk', keepsHistory: false },
  ]
  for (const { program, keepsHistory } of programs) {
    for (const mode of ['whole', 'stream']) {
      test(`${program}, ${mode}: a tool round trip is traced turn by turn`, async () => {
        const session = `${program}-${mode}`
        const printed = await run(program, stand.through(session, { agent: 'forecaster' }), mode)
        assert.deepEqual(printed, await run(program, stand.direct, mode))
        assert.equal(printed.asked.length, 1)

        const traces = await stand.exactTraces(session)
        assert.deepEqual(
          traces.map(({ finish_reason: finish }) => finish),
          ['tool_calls', 'stop'],
        )
        const [first, last] = traces
        const said = callsOf(first?.response_message)
        assert.deepEqual(
          said.map((text) => (JSON.parse(text) as { city: string }).city),
          printed.asked,
        )
        assert.equal(last?.response_message['content'], printed.answer)
        assert.deepEqual([last?.agent, last?.streaming], ['forecaster', mode === 'stream'])
        const sentBack = last?.messages.flatMap(callsOf)
        assert.equal(isDeepStrictEqual(sentBack, said), keepsHistory)
        assert.deepEqual(extendsLastTurn(traces), [keepsHistory])
      })
    }
  }
})

/** The arguments of a message's tool calls, as text. */
function callsOf(message: unknown): readonly string[] {
  const { tool_calls: calls = [] } = message as {
    tool_calls?: readonly { function: { arguments: string } }[]
  }
  return calls.map((call) => call.function.arguments)
}
