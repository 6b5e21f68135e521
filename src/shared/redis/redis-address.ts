import { GatewayError } from '../../errors/index.ts'

/** Where a Redis is and who logs in, as a configuration says it. */
export interface RedisLocation {
  /** `redis://[user[:password]@]host[:port][/db]`, `rediss` for TLS; in place of all that follows. */
  readonly url?: string
  readonly host: string
  readonly port: number
  readonly username?: string
  readonly password?: string
  readonly db: number
  readonly tls: boolean
}

/** The same without a URL. @throws {GatewayError} `config_invalid`, without the URL: it may hold a password */
export function locationOf(said: RedisLocation): Omit<RedisLocation, 'url'> {
  const { url: text, ...spelled } = said
  if (text === undefined) return spelled
  const url = URL.parse(text)
  const db = Number(url?.pathname.slice(1))
  if (!url?.hostname || !Number.isInteger(db)) {
    throw new GatewayError('config_invalid', {
      detail: 'redis.url must read redis://host:port/db, with special characters percent-encoded',
    })
  }
  const { username, password, port } = url
  return {
    // An IPv6 address stands in brackets in a URL only.
    host: url.hostname.replace(/^\[(.*)\]$/, '$1'),
    port: port === '' ? 6379 : Number(port),
    ...(username === '' ? {} : { username: decodeURIComponent(username) }),
    ...(password === '' ? {} : { password: decodeURIComponent(password) }),
    db,
    tls: url.protocol === 'rediss:',
  }
}

/** `host:port/db`, for people. */
export function addressOf({ host, port, db }: Omit<RedisLocation, 'url'>): string {
  return `${host.includes(':') ? `[${host}]` : host}:${port}/${db}`
}
