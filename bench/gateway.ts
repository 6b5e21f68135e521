import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import type { Crew, Member } from './crew.ts'

/**
 * Starts the real gateway, `sluice serve`, in a folder of its own, in front of one vLLM upstream, or of
 * what `over` says instead.
 */
export async function startGateway(
  crew: Crew,
  upstream: string,
  store: 'sqlite' | 'memory',
  nodeFlags: readonly string[] = [],
  over: Readonly<Record<string, unknown>> = {},
): Promise<Member> {
  const folder = crew.folder()
  const config = {
    port: 0,
    state_dir: join(folder, 'state'),
    plugins_dir: join(folder, 'plugins'),
    store: { kind: store, path: join(folder, 'traces.db'), synchronous: 'full' },
    upstreams: [{ url: upstream, kind: 'vllm' }],
    ...over,
  }
  const file = join(folder, 'gateway.yaml')
  writeFileSync(file, JSON.stringify(config)) // YAML, too.
  return crew.start('../src/cli/main.ts', ['serve', '--quiet', '--config', file], nodeFlags)
}

/** How many traces the gateway has committed. */
export async function tracesIn(gateway: Member): Promise<number> {
  const reply = await fetch(`${gateway.url}/admin/store`)
  const { traces } = (await reply.json()) as { traces: number }
  return traces
}
