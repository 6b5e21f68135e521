import { relative } from 'node:path'
import { encodeMetadataSlug } from '../client/index.ts'
import { reachableUrl } from '../client/reachable-url.ts'
import type { Config } from '../config/index.ts'
import type { Gateway } from '../app/index.ts'
import type { Io } from './io.ts'
import { isLoopback } from './exposure.ts'
import { commandLines, ownCommand } from './own-command.ts'
import { painter } from './paint.ts'
import { widthOf, wrap } from './text.ts'

const NAME_WIDTH = 11
const HELLO = { session_name: 'hello' } as const

const DURABILITY = {
  synced: 'survives a power cut',
  os: 'survives a crash of the gateway, not a power cut',
  none: 'gone when the gateway stops',
} as const

export interface Started {
  readonly gateway: Gateway
  readonly config: Config
  /** The configuration file, where one was named. */
  readonly file: string | undefined
  readonly version: string
}

/** What {@link startScreen} says, for programs. */
export function startFacts({ gateway, config, version }: Started): object {
  const upstreams = gateway.upstreams.list()
  return {
    url: gateway.url,
    version,
    upstreams: upstreams.map(({ name, url, simulated }) => ({ name, url, simulated })),
    traces: config.store.kind === 'memory' ? null : config.store.path,
    durability: gateway.store.durability,
  }
}

/** What a user sees when the gateway is up: where to call, where the traces are, what to do next. */
export function startScreen(started: Started, io: Io): string {
  const { gateway, config, version } = started
  const paint = painter(io)
  const row = (name: string, ...lines: readonly string[]): string[] =>
    lines.map((line, index) => {
      const label = (index === 0 ? name : '').padEnd(NAME_WIDTH)
      return `  ${paint('dim', label)}${line}`
    })
  const title = (text: string, note = ''): string =>
    `  ${paint('bold', text)}${note && ` ${paint('dim', note)}`}`
  const beside = (text: string, note: string): string[] => {
    const together = NAME_WIDTH + widthOf(text) + widthOf(note) + 5 <= io.columns
    const aside = paint('dim', `(${note})`)
    return together ? [`${text} ${aside}`] : [text, aside]
  }
  const url = reachableUrl(gateway.url)
  const elsewhere =
    url === gateway.url ? [] : [paint('dim', '(elsewhere: the name of this machine)')]
  const lines = [
    '',
    title('sluice', version),
    '',
    ...row('base URL', paint('cyan', `${url}/v1`), ...elsewhere),
    ...row('upstreams', ...upstreamLines(gateway, io)),
    ...row('traces', ...beside(placeOf(config), DURABILITY[gateway.store.durability])),
    ...row('access', ...accessLines(config, io)),
    '',
    title('With a slug', `that says ${JSON.stringify(HELLO)}`),
    paint('cyan', `    ${url}/meta/${encodeMetadataSlug(HELLO)}/v1`),
    '',
    ...(gateway.upstreams.list().length === 0
      ? []
      : [title('Try it'), ...firstCall(started, io), '']),
    ...realServer(started, title, io),
  ]
  return `${lines.join('\n')}\n`
}

function firstCall({ gateway, config }: Started, io: Io): string[] {
  const url = reachableUrl(gateway.url)
  const model = config.model ?? gateway.upstreams.list()[0]?.models?.[0] ?? 'your-model'
  const { admin_token: adminToken, keys } = config
  const wanted = adminToken === undefined ? 'master key' : 'admin token'
  const isClosed = adminToken !== undefined || keys.master_key !== undefined
  const token = isClosed ? [`--admin-token <${wanted}>`] : []
  const key = keys.master_key === undefined ? [] : [`      -H 'authorization: Bearer <key>' \\`]
  return [
    `    curl ${url}/sessions/hello/v1/chat/completions \\`,
    `      -H 'content-type: application/json' \\`,
    ...key,
    `      -d '{"model":"${model}","messages":[{"role":"user","content":"Hi"}]}'`,
    ...commandLines([...ownCommand(), 'traces ls', `--url ${url}`, ...token], io.columns),
  ]
}

/** How to get from what answers now, or does not, to a model; nothing where one is named. */
function realServer(
  { gateway, file }: Started,
  title: (text: string) => string,
  io: Io,
): readonly string[] {
  const list = gateway.upstreams.list()
  if (list.some((upstream) => !upstream.simulated)) return []
  const simulated = list.length > 0
  const where = simulated ? 'in place of `simulator`' : 'under `upstreams`'
  const alternative = [
    ...wrap(`or, in ${file}, ${where}:`, io.columns - 4).map((line) => `    ${line}`),
    '      - url: http://your-vllm:8000/v1',
  ]
  return [
    title(simulated ? 'A real server' : 'Say where calls should go'),
    ...commandLines([...ownCommand(), '--worker http://your-vllm:8000/v1'], io.columns),
    ...(file === undefined ? [] : alternative),
    '',
  ]
}

function upstreamLines({ upstreams }: Gateway, io: Io): string[] {
  const list = upstreams.list()
  if (list.length === 0) return ['none: calls are answered with a 503']
  return list.flatMap((upstream) => {
    const text = upstream.simulated
      ? `${upstream.name} (built in: its answers are no samples of a model)`
      : `${nameOf(upstream)}${upstream.models ? ` (${upstream.models.join(', ')})` : ''}`
    return wrap(text, io.columns - NAME_WIDTH - 2)
  })
}

function nameOf({ name, url }: { readonly name: string; readonly url: string }): string {
  return url.includes(name) ? url : `${name} ${url}`
}

function placeOf({ store }: Config): string {
  return store.kind === 'memory' ? 'in memory' : fromHere(store.path)
}

/** Who may do what; nothing on a loopback address without a token, as anyone would expect there. */
function accessLines({ host, admin_token: token, keys }: Config, io: Io): string[] {
  const paint = painter(io)
  const lines = (text: string): string[] => wrap(text, io.columns - NAME_WIDTH - 2)
  const open = (what: string): string[] =>
    isLoopback(host) ? [] : lines(`whoever can reach ${host} may ${what}`)
  if (keys.master_key !== undefined) {
    const other = token === undefined ? '' : ' or the admin token'
    return lines(`calls need a key, all else the master key${other}`)
  }
  if (token === undefined) {
    return open('call, read traces and administer').map((line) => paint('yellow', line))
  }
  return [...open('call'), ...lines('sessions, traces and admin need the admin token')]
}

function fromHere(path: string): string {
  const near = relative(process.cwd(), path)
  return near.startsWith('..') ? path : `./${near}`
}
