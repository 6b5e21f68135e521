import { relative } from 'node:path'
import { styleText } from 'node:util'
import { encodeMetadataSlug } from '../client/index.ts'
import type { Config } from '../config/index.ts'
import type { Gateway } from '../app/index.ts'
import type { Io } from './io.ts'

const DURABILITY = {
  synced: 'survives a power cut',
  os: 'survives a crash of the gateway, not a power cut',
  none: 'in memory, gone when the gateway stops',
} as const

/** What a user sees when the gateway is up: where to call, where the traces are, what to do next. */
export function startScreen(gateway: Gateway, config: Config, version: string, io: Io): string {
  const paint = (style: Parameters<typeof styleText>[0], text: string): string =>
    io.color ? styleText(style, text, { validateStream: false }) : text
  const simulated = gateway.upstreams.list().some((upstream) => upstream.simulated)
  const model = gateway.upstreams.list()[0]?.models?.[0] ?? 'your-model'
  const slug = encodeMetadataSlug({ session_name: 'hello' })
  const row = (name: string, ...lines: readonly string[]): string =>
    lines
      .map((line, index) => `  ${paint('dim', (index === 0 ? name : '').padEnd(11))}${line}`)
      .join('\n')
  const store = config.store.kind === 'memory' ? 'memory' : `${fromHere(config.store.path)}`
  const lines = [
    '',
    `  ${paint('bold', 'sluice')} ${paint('dim', version)}`,
    '',
    row('base URL', paint('cyan', `${gateway.url}/v1`)),
    row(
      'with slug',
      paint('cyan', `${gateway.url}/meta/${slug}/v1`),
      paint('dim', 'the slug says {"session_name":"hello"}'),
    ),
    row('upstreams', ...upstreamLines(gateway)),
    row('traces', `${store} ${paint('dim', `(${DURABILITY[gateway.store.durability]})`)}`),
    ...warnings(config).map((line) => row('', paint('yellow', line))),
    '',
    `  ${paint('bold', 'Try it')}`,
    `    curl ${gateway.url}/sessions/hello/v1/chat/completions \\`,
    `      -H 'content-type: application/json' \\`,
    `      -d '{"model":"${model}","messages":[{"role":"user","content":"Hi"}]}'`,
    `    npm run -s sluice -- traces ls --url ${gateway.url}`,
    '',
    ...(simulated
      ? [
          `  ${paint('bold', 'A real server')}`,
          '    in config/gateway.yaml put `url: http://your-vllm:8000/v1` in place of',
          '    `simulator`, or run: npm run -s sluice -- --worker http://your-vllm:8000/v1',
          '',
        ]
      : []),
  ]
  return `${lines.join('\n')}\n`
}

function upstreamLines(gateway: Gateway): string[] {
  const list = gateway.upstreams.list()
  if (list.length === 0)
    return [
      'none yet: calls get a 503 until one is configured',
      'start with --worker http://host:8000/v1',
    ]
  return list.map((upstream) =>
    upstream.simulated
      ? `${upstream.name} (built in: its answers are no samples of a model)`
      : `${upstream.name} ${upstream.url}${upstream.models ? ` (${upstream.models.join(', ')})` : ''}`,
  )
}

function warnings({ host }: Config): string[] {
  if (host === '127.0.0.1' || host === '::1' || host === 'localhost') return []
  return [`listens on ${host}: anyone who can reach it can call and read traces`]
}

function fromHere(path: string): string {
  const near = relative(process.cwd(), path)
  return near.startsWith('..') ? path : `./${near}`
}
