import got from 'got'
import type { JsonObject } from '../plugin/index.ts'
import type { Io } from './io.ts'
import { painter } from './paint.ts'
import { wrap } from './text.ts'

const QUESTIONS = [
  'What does a sluice box do?',
  'And why does the gold stay in it?',
  'So what should a gateway keep?',
] as const

/** A small agent: asks, hears the streamed answer, asks on with the whole history. */
export async function playAgent(baseUrl: string, io: Io): Promise<void> {
  const paint = painter(io)
  const messages: JsonObject[] = []
  for (const question of QUESTIONS) {
    messages.push({ role: 'user', content: question })
    io.stdout.write(`  ${paint('cyan', 'agent')}  ${question}\n`)
    const answer = await ask(baseUrl, messages)
    const [first = '', ...rest] = wrap(answer, io.columns - 9)
    io.stdout.write(
      `  ${paint('green', 'model')}  ${[first, ...rest.map((line) => `         ${line}`)].join('\n')}\n`,
    )
    messages.push({ role: 'assistant', content: answer })
  }
}

async function ask(baseUrl: string, messages: readonly JsonObject[]): Promise<string> {
  const body = await got
    .post(`${baseUrl}/chat/completions`, {
      json: { model: 'sluice-sim', messages, stream: true },
      timeout: { request: 30_000 },
      retry: { limit: 0 },
    })
    .text()
  const events = body.split('\n').filter((line) => line.startsWith('data: {'))
  return events.map((line) => contentOf(JSON.parse(line.slice(6)))).join('')
}

function contentOf(chunk: {
  choices?: readonly { delta?: { content?: string | null } }[]
}): string {
  return chunk.choices?.[0]?.delta?.content ?? ''
}
