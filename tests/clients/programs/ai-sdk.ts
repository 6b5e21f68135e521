/** An agent as a team would write it with the AI SDK. It knows nothing but a base URL. */
import { createOpenAICompatible } from '@ai-sdk/openai-compatible'
import { generateText, isStepCount, streamText, tool } from 'ai'
import { z } from 'zod'

const [baseURL = '', mode] = process.argv.slice(2)
const asked: string[] = []
const ask = {
  model: createOpenAICompatible({ name: 'sluice', baseURL, apiKey: 'EMPTY' })('sluice-sim'),
  tools: {
    get_weather: tool({
      description: 'The weather of a city.',
      inputSchema: z.object({ city: z.string() }),
      execute: async ({ city }) => {
        asked.push(city)
        return 'sunny'
      },
    }),
  },
  prompt: 'What does get_weather say of Lima?',
  stopWhen: isStepCount(3),
}
process.stdout.write(JSON.stringify({ answer: await answer(), asked }))

async function answer(): Promise<string> {
  if (mode !== 'stream') return (await generateText(ask)).text
  const result = streamText(ask)
  let text = ''
  for await (const piece of result.textStream) text += piece
  return text
}
