import { createSimulator, type Simulator } from '../../src/simulator/index.ts'

export interface WorkerServer {
  readonly url: string
  readonly simulator: Simulator
}

/** A vLLM stand-in as fast as it can be; stopped when the test ends. */
export async function startWorker(
  t: { after(undo: () => unknown): void },
  seed: number,
): Promise<WorkerServer> {
  const simulator = createSimulator({
    models: ['policy'],
    seed,
    tokensPerSecond: 0,
    ttftMs: 0,
    replyTokens: 8,
  })
  const { url } = await simulator.listen(0, '127.0.0.1')
  t.after(() => simulator.close())
  return { url, simulator }
}

interface Message {
  readonly role: string
  readonly content: string
}

/** What an agent has of one of its turns. */
export interface Turn {
  readonly traceId: string
  readonly content: string
}

/** One conversation, turn by turn; every other turn is streamed. Fails when a call does. */
export async function converse(
  url: string,
  session: string,
  turns: number,
  onTurn: () => void,
): Promise<Turn[]> {
  const messages: Message[] = []
  const done: Turn[] = []
  for (let turn = 0; turn < turns; turn += 1) {
    messages.push({ role: 'user', content: `${session} turn ${turn}` })
    const stream = turn % 2 === 1
    const reply = await fetch(`${url}/sessions/${session}/v1/chat/completions`, {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify({ model: 'policy', messages, stream }),
    })
    const text = await reply.text()
    if (reply.status !== 200) throw new Error(`${session} turn ${turn}: ${reply.status} ${text}`)
    const content = stream ? streamed(text) : single(text)
    messages.push({ role: 'assistant', content })
    done.push({ traceId: reply.headers.get('x-trace-id') ?? '', content })
    onTurn()
  }
  return done
}

/** Runs the work of every item, so many at a time. */
export async function pooled<T>(
  items: readonly T[],
  width: number,
  work: (item: T) => Promise<void>,
): Promise<void> {
  const queue = items.values()
  await Promise.all(
    Array.from({ length: width }, async () => {
      for (const item of queue) await work(item)
    }),
  )
}

function single(text: string): string {
  const { choices } = JSON.parse(text) as { choices: { message: Message }[] }
  return choices[0]?.message.content ?? ''
}

function streamed(text: string): string {
  if (!text.endsWith('data: [DONE]\n\n')) throw new Error(`a stream without its end: ${text}`)
  return text
    .split('\n\n')
    .filter((event) => event.startsWith('data: {'))
    .map((event) => JSON.parse(event.slice(6)) as { choices: { delta: Partial<Message> }[] })
    .map(({ choices }) => choices[0]?.delta.content ?? '')
    .join('')
}
