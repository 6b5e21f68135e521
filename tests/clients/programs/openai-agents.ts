/** An agent as a team would write it with OpenAI Agents. It knows nothing but a base URL. */
import { Agent, OpenAIProvider, Runner, tool } from '@openai/agents'
import { z } from 'zod'

const [baseURL = '', mode] = process.argv.slice(2)
const asked: string[] = []
const agent = new Agent({
  name: 'Forecaster',
  instructions: 'Answer questions about the weather.',
  model: 'sluice-sim',
  tools: [
    tool({
      name: 'get_weather',
      description: 'The weather of a city.',
      parameters: z.object({ city: z.string() }),
      execute: ({ city }) => {
        asked.push(city)
        return 'sunny'
      },
    }),
  ],
})
const runner = new Runner({
  tracingDisabled: true,
  modelProvider: new OpenAIProvider({ baseURL, apiKey: 'EMPTY', useResponses: false }),
})
const question = 'What does get_weather say of Lima?'
process.stdout.write(JSON.stringify({ answer: await answer(), asked }))

async function answer(): Promise<unknown> {
  if (mode !== 'stream') return (await runner.run(agent, question)).finalOutput
  const result = await runner.run(agent, question, { stream: true })
  let text = ''
  for await (const piece of result.toTextStream()) text += piece
  await result.completed
  return text
}
