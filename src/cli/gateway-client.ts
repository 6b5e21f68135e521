import { CommanderError } from 'commander'
import got, { HTTPError, RequestError, type Got } from 'got'
import { isObject } from '../plugin/index.ts'
import { fail } from './fail.ts'
import type { Io } from './io.ts'

export const DEFAULT_URL = 'http://127.0.0.1:9090'

export type Query = Readonly<Record<string, string | number | boolean | undefined>>

/** A running gateway's admin API. Every failure ends the command with one line that says what to do. */
export interface GatewayClient {
  /** A JSON reply, as the type the endpoint is documented to have. */
  json<T>(path: string, query?: Query): Promise<T>
  bytes(path: string): Promise<Uint8Array>
  /** A reply as it comes in; breaks off with an error when the connection does. */
  stream(path: string, query?: Query): NodeJS.ReadableStream
  /** What to say about an error of {@link stream}. */
  explain(error: unknown): never
}

/** Where a gateway listens, and its admin token if it has one. */
export interface Address {
  readonly url: string
  readonly adminToken?: string
}

export function openGateway({ url, adminToken }: Address, io: Io): GatewayClient {
  if (!URL.canParse(url) || !/^https?:/.test(url)) fail(io, `--url ${url} is not an http URL`)
  const client: Got = got.extend({
    prefixUrl: url.replace(/\/(?:v1\/?)?$/, ''),
    retry: { limit: 0 },
    timeout: { connect: 3000, response: 60_000 },
    headers: {
      'user-agent': 'sluice-cli',
      ...(adminToken === undefined ? {} : { authorization: `Bearer ${adminToken}` }),
    },
  })
  const explain = (error: unknown): never => {
    // Said already.
    if (error instanceof CommanderError) throw error
    return fail(io, reasonOf(error, url))
  }
  const relative = (path: string): string => path.replace(/^\//, '')
  return {
    explain,
    async json(path, query = {}) {
      return client
        .get(relative(path), { searchParams: { ...query } })
        .json()
        .catch(explain) as never
    },
    async bytes(path) {
      return client.get(relative(path)).buffer().catch(explain)
    },
    stream(path, query = {}) {
      return client.stream.get(relative(path), { searchParams: { ...query } })
    },
  }
}

function reasonOf(error: unknown, url: string): string {
  if (error instanceof HTTPError) {
    if (error.response.statusCode === 401)
      return `${url} needs its key: give it with --admin-token or SLUICE_ADMIN_TOKEN`
    const said = messageOf(error.response.body)
    return said ?? `${url} answered ${error.response.statusCode}: is it a sluice gateway?`
  }
  if (error instanceof RequestError) {
    const why = error.code === 'ECONNREFUSED' ? '' : ` (${error.code})`
    return `no gateway answers at ${url}${why}; start one with "sluice serve" or name another with --url`
  }
  return error instanceof Error ? error.message : String(error)
}

/** The message of OpenAI's error shape. */
function messageOf(body: unknown): string | null {
  let value = body
  if (Buffer.isBuffer(value)) value = value.toString()
  if (typeof value === 'string') {
    try {
      value = JSON.parse(value)
    } catch {
      return null
    }
  }
  const error = isObject(value) ? value['error'] : null
  const message = isObject(error) ? error['message'] : null
  return typeof message === 'string' ? message : null
}
