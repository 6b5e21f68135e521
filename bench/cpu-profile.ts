import { readFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'

/** What V8 writes under `--cpu-prof`; times are microseconds of the monotonic clock. */
interface CpuProfile {
  /** Parents come before their children; the first one is the root. */
  readonly nodes: readonly ProfileNode[]
  readonly startTime: number
  readonly samples: readonly number[]
  readonly timeDeltas: readonly number[]
}

interface ProfileNode {
  readonly id: number
  readonly children?: readonly number[]
  readonly callFrame: {
    readonly functionName: string
    readonly url: string
    readonly lineNumber: number
  }
}

/** A stretch of time, in microseconds of the monotonic clock. */
export interface Span {
  readonly from: number
  readonly to: number
}

/** The time, in microseconds, that was spent in one function. */
export interface FunctionTime {
  readonly name: string
  /** File and line, from the root of the repository where it is ours. */
  readonly place: string
  /** The part of the system it belongs to, such as `src/wire` or `koa`. */
  readonly part: string
  /** In the function itself. */
  self: number
  /** In the function and in what it called. */
  total: number
}

const ROOT = fileURLToPath(new URL('..', import.meta.url))
const WAITING: ReadonlySet<string> = new Set(['(idle)', '(root)'])

/** Reads a profile and tells where the time of the span went. */
export function functionTimes(file: string, span: Span): readonly FunctionTime[] {
  const profile = JSON.parse(readFileSync(file, 'utf8')) as CpuProfile
  const nodes = new Map(profile.nodes.map((node) => [node.id, node]))
  const selves = selfById(profile, span)
  const functions = new Map<string, FunctionTime>()

  /** Returns the total of a node. A function that calls itself is counted once, where it began. */
  function walk(id: number, above: ReadonlySet<FunctionTime>): number {
    const node = nodes.get(id)
    if (!node || WAITING.has(node.callFrame.functionName)) return 0
    const time = functionOf(node, functions)
    const self = selves.get(id) ?? 0
    const path = above.has(time) ? above : new Set([...above, time])
    let total = self
    for (const child of node.children ?? []) total += walk(child, path)
    time.self += self
    if (path !== above) time.total += total
    return total
  }

  for (const id of profile.nodes[0]?.children ?? []) walk(id, new Set())
  return [...functions.values()].filter(({ total }) => total > 0)
}

/** The self time by part of the system, the longest first. */
export function byPart(times: readonly FunctionTime[]): readonly (readonly [string, number])[] {
  const parts = new Map<string, number>()
  for (const { part, self } of times) parts.set(part, (parts.get(part) ?? 0) + self)
  return [...parts].toSorted(([, a], [, b]) => b - a)
}

/** A sample stands for the time until the next one. */
function selfById(profile: CpuProfile, { from, to }: Span): ReadonlyMap<number, number> {
  const selves = new Map<number, number>()
  let now = profile.startTime
  for (const [index, id] of profile.samples.entries()) {
    now += profile.timeDeltas[index] ?? 0
    if (now < from || now > to) continue
    selves.set(id, (selves.get(id) ?? 0) + (profile.timeDeltas[index + 1] ?? 0))
  }
  return selves
}

function functionOf(
  { callFrame }: ProfileNode,
  functions: Map<string, FunctionTime>,
): FunctionTime {
  const name = callFrame.functionName || '(anonymous)'
  const path = pathOf(callFrame.url)
  const place = path === '' ? '' : `${path}:${callFrame.lineNumber + 1}`
  const key = `${name} ${place}`
  let time = functions.get(key)
  if (!time) {
    time = { name, place, part: partOf(name, path), self: 0, total: 0 }
    functions.set(key, time)
  }
  return time
}

function pathOf(url: string): string {
  if (!url.startsWith('file:')) return url
  const path = fileURLToPath(url)
  return path.startsWith(ROOT) ? path.slice(ROOT.length) : path
}

function partOf(name: string, path: string): string {
  const packaged = /node_modules\/((?:@[^/]+\/)?[^/]+)/.exec(path)?.[1]
  if (packaged !== undefined) return packaged
  if (path.startsWith('node:')) return 'node'
  if (path === '') return name.startsWith('(') ? name : 'native'
  return path.split('/').slice(0, 2).join('/')
}
