import { encodeMetadataSlug } from '../src/client/index.ts'
import type { Crew, Member } from './crew.ts'
import { startGateway } from './gateway.ts'
import { requestMaker, type Payload } from './payloads.ts'

export type TargetName = 'upstream' | 'pass-through' | 'sqlite' | 'memory' | 'asked'

/** What calls are sent to, and which calls. */
export interface Target<Name extends string = TargetName> {
  readonly name: Name
  /** The key that calls carry; the gateway asks for none by default. */
  readonly key?: string
  readonly process: Member
  path(serial: number): string
  body(serial: number): Buffer
}

const PLAIN_PATH = '/v1/chat/completions'

/** Starts one upstream and everything that stands in front of it. */
export async function startTargets(
  crew: Crew,
  { name, stream }: Payload,
): Promise<readonly Target[]> {
  const upstream = await crew.start('./upstream.ts', [name])
  const [passThrough, sqlite, memory] = await Promise.all([
    crew.start('./pass-through.ts', [upstream.url]),
    startGateway(crew, upstream.url, 'sqlite'),
    startGateway(crew, upstream.url, 'memory'),
  ])
  const body = requestMaker(stream, false)
  const plain = { path: () => PLAIN_PATH, body }
  const gateway = { path: sluggedPath, body }
  return [
    { ...plain, name: 'upstream', process: upstream },
    { ...plain, name: 'pass-through', process: passThrough },
    { ...gateway, name: 'sqlite', process: sqlite },
    { ...gateway, name: 'memory', process: memory },
    { ...gateway, name: 'asked', process: sqlite, body: requestMaker(stream, true) },
  ]
}

const TURNS_PER_SESSION = 32

/** The path of a call that says whose it is, as agents send it: metadata in the base URL. */
export function sluggedPath(serial: number): string {
  const session = `bench-${Math.floor(serial / TURNS_PER_SESSION)}`
  const slug = encodeMetadataSlug({ session_id: session, agent: 'bench', step: 3, task: 'bridge' })
  return `/meta/${slug}${PLAIN_PATH}`
}
