import { chat } from '../support/events.ts'
import type { RunningGateway } from '../support/gateway.ts'
import { post, type RawReply } from '../support/raw-client.ts'
import { single, startUpstream, type ScriptedUpstream } from '../support/scripted-upstream.ts'

export const MASTER = 'sk-master-0123456789abcdef'
export const KEY = 'sk-user-one-0123456789abcdef'
export const OTHER = 'sk-user-two-0123456789abcdef'

/** A server whose answers use all the tokens they may. */
export interface HungryServer {
  readonly server: ScriptedUpstream
  readonly url: string
  /** Calls it has seen; probes do not count. */
  readonly calls: number
  /** Holds answers back from now on, until `release`. */
  hold(): void
  release(): void
  /** Resolves when so many calls have come in. */
  seen(count: number): Promise<void>
}

/** Tokens that its prompts have, whatever they say. */
export const PROMPT_TOKENS = 1

export async function startHungry(t: { after(undo: () => unknown): void }): Promise<HungryServer> {
  const server = await startUpstream(t)
  let gate = Promise.withResolvers<void>()
  gate.resolve()
  const calls = (): number => server.seen.filter(({ method }) => method === 'POST').length
  server.play(async (socket, request) => {
    if (request.method === 'GET') return single('{}')(socket, request)
    await gate.promise
    const { max_tokens: tokens = 10 } = JSON.parse(String(request.body)) as { max_tokens?: number }
    single(answerOf(tokens))(socket, request)
  })
  return {
    server,
    url: server.url,
    get calls() {
      return calls()
    },
    hold: () => void (gate = Promise.withResolvers()),
    release: () => gate.resolve(),
    async seen(count) {
      while (calls() < count) await server.next()
    },
  }
}

/** An answer that used so many tokens. */
export function answerOf(completion: number): string {
  return JSON.stringify({
    id: 'chatcmpl-1',
    object: 'chat.completion',
    created: 1_790_000_000,
    model: 'm',
    choices: [
      {
        index: 0,
        message: { role: 'assistant', content: 'so' },
        logprobs: null,
        finish_reason: 'stop',
      },
    ],
    usage: {
      prompt_tokens: PROMPT_TOKENS,
      total_tokens: PROMPT_TOKENS + completion,
      completion_tokens: completion,
    },
  })
}

/** A configuration with keys that are limited, in front of these servers. */
export function limitedBy(
  limits: Readonly<Record<string, object>>,
  urls: readonly string[],
  over: object = {},
): Record<string, unknown> {
  const upstreams = urls.map((url) => ({ url, kind: 'generic', ...over }))
  return { upstreams, keys: { master_key: MASTER, limits } }
}

/** Calls with a key; the call may take so many tokens. */
export function ask(
  gateway: RunningGateway,
  key: string,
  { maxTokens = 10, session = 's', extra = {} as object } = {},
): Promise<RawReply> {
  const body = chat(false, { max_tokens: maxTokens, ...extra })
  return post(`${gateway.url}/sessions/${session}/v1/chat/completions`, body, {
    authorization: `Bearer ${key}`,
  })
}

/** Resolves when so many of these calls are over, while the others are held back. */
export async function othersRefused(
  calls: readonly Promise<RawReply>[],
  count: number,
): Promise<void> {
  const { promise, resolve } = Promise.withResolvers<void>()
  let over = 0
  for (const call of calls) {
    void call.then(() => {
      over += 1
      if (over === count) resolve()
    })
  }
  await promise
}

/** How many replies have each status. */
export function statuses(replies: readonly RawReply[]): Record<number, number> {
  const counts: Record<number, number> = {}
  for (const { status } of replies) counts[status] = (counts[status] ?? 0) + 1
  return counts
}

export function errorIn(reply: RawReply): { message: string; type: string; code: string } {
  const { error } = JSON.parse(reply.body.toString()) as {
    error: { message: string; type: string; code: string }
  }
  return error
}
