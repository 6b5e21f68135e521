import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { TestContext } from 'node:test'
import { createGateway, type CreateOptions, type GatewaySettings } from 'sluice'

/** A gateway in this process with its files in a folder of its own; closed when the test ends. */
export async function embedded(
  t: TestContext,
  options: CreateOptions,
  settings: GatewaySettings = {},
): ReturnType<typeof createGateway> {
  const dir = mkdtempSync(join(tmpdir(), 'sluice-embedded-'))
  const gateway = await createGateway(
    {
      port: 0,
      state_dir: join(dir, 'state'),
      store: { path: join(dir, 'traces.db') },
      log_level: 'silent',
      ...settings,
    },
    options,
  )
  t.after(async () => {
    await gateway.close()
    rmSync(dir, { recursive: true, force: true })
  })
  return gateway
}

/** A chat completion as an engine with token ids gives it. */
export function completion(text: string, extra: Record<string, unknown> = {}): object {
  return {
    id: 'cmpl-1',
    object: 'chat.completion',
    created: 1,
    model: 'm',
    prompt_token_ids: [1, 2, 3],
    choices: [
      {
        index: 0,
        message: { role: 'assistant', content: text },
        token_ids: [7, 8],
        logprobs: {
          content: [
            { token: 'a', logprob: -0.5, bytes: [97], top_logprobs: [] },
            { token: 'b', logprob: -0.25, bytes: [98], top_logprobs: [] },
          ],
        },
        finish_reason: 'stop',
      },
    ],
    usage: { prompt_tokens: 3, completion_tokens: 2, total_tokens: 5 },
    ...extra,
  }
}

export async function chat(url: string, body: object, init: RequestInit = {}): Promise<Response> {
  return fetch(url, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify({ model: 'm', messages: [{ role: 'user', content: 'hi' }], ...body }),
    ...init,
  })
}
