import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { PassThrough } from 'node:stream'
import type { Command } from 'commander'
import { startGateway } from '../../app/index.ts'
import { buildProxiedBaseUrl } from '../../client/index.ts'
import { checkConfig } from '../../config/index.ts'
import type { Trace } from '../../plugin/index.ts'
import type { Page, TraceSummary } from '../../trace/index.ts'
import { playAgent } from '../demo-agent.ts'
import { openGateway } from '../gateway-client.ts'
import type { Io } from '../io.ts'
import { painter } from '../paint.ts'
import { startSimulator } from '../simulators.ts'
import { summaryLines } from '../summary-table.ts'
import { wrap } from '../text.ts'
import { traceLines } from '../trace-view.ts'

/** `sluice demo`: one agent session against the simulator, from slug to trace, then gone. */
export function registerDemo(program: Command, io: Io): void {
  program
    .command('demo')
    .description('play one agent session against the simulator and show its traces')
    .option('--json', 'print the traces of the session as JSON and nothing else')
    .action(async ({ json = false }: { json?: boolean }) => demo(io, json))
}

async function demo(terminal: Io, json: boolean): Promise<void> {
  const io: Io = json ? { ...terminal, stdout: new PassThrough().resume() } : terminal
  const dir = mkdtempSync(join(tmpdir(), 'sluice-demo-'))
  const config = checkConfig({
    port: 0,
    log_level: 'error',
    state_dir: dir,
    store: { path: join(dir, 'traces.db') },
    upstreams: [{ simulator: { tokens_per_second: 120, reply_tokens: 24 } }],
  })
  const gateway = await startGateway({ config, startSimulator })
  const paint = painter(io)
  const say = (...lines: readonly string[]): void => void io.stdout.write(`${lines.join('\n')}\n`)
  const tell = (text: string): void =>
    say(...wrap(text, io.columns - 2).map((line) => paint('dim', `  ${line}`)))
  try {
    const metadata = { session_name: 'demo', agent: 'planner' }
    const baseUrl = buildProxiedBaseUrl(`${gateway.url}/v1`, metadata)
    say('', `  ${paint('bold', 'An agent with nothing but a base URL')}`, '')
    tell(baseUrl)
    tell(`its slug says ${JSON.stringify(metadata)}`)
    say('')
    await playAgent(baseUrl, io)

    const client = openGateway(gateway, io)
    const { items } = await client.json<Page<TraceSummary>>('traces', { session_id: 'demo' })
    say(
      '',
      `  ${paint('bold', 'What is on disk')} ${paint('dim', '(sluice traces ls)')}`,
      '',
      ...summaryLines(items, io),
    )
    const last = items.at(-1)
    if (!last) return
    if (json) {
      const traces = await client.json<Trace[]>('sessions/demo/traces')
      return void terminal.stdout.write(`${JSON.stringify(traces)}\n`)
    }
    const trace = await client.json<Trace>(`traces/${last.trace_id}`)
    say(
      '',
      `  ${paint('bold', 'The last turn, exact to the token')} ${paint('dim', '(sluice traces show)')}`,
      '',
    )
    say(...traceLines(trace, { tokens: 5, full: false }, io), '')
    tell(
      'Every answer here comes from the built-in simulator, not from a model. To keep what you capture, run `npm start`.',
    )
    say('')
  } finally {
    await gateway.close()
    rmSync(dir, { recursive: true, force: true })
  }
}
