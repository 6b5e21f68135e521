import type { RedisClientOptions, RedisClientType } from '@redis/client'
import { GatewayError } from '../../errors/index.ts'
import type { Logger } from '../../util/log.ts'
import { createCircuitBreaker } from './circuit-breaker.ts'
import { addressOf, locationOf, type RedisLocation } from './redis-address.ts'
import type { Redis } from './redis.ts'
import { createSubscriptions } from './subscriptions.ts'

export interface RedisOptions extends RedisLocation {
  /** Comes before the name of every key and channel. */
  readonly namespace: string
  /** How long a question may take, in milliseconds. */
  readonly timeoutMs: number
  readonly log: Logger
}

/** RESP2: whatever speaks the protocol of Redis speaks it, and replies have the same shape everywhere. */
export type Client = RedisClientType<
  Record<never, never>,
  Record<never, never>,
  Record<never, never>,
  2
>

/** How long the start waits for a Redis that does not answer; then it goes on without. */
const FIRST_WAIT_MS = 2_000
/** Between attempts to connect: short, because nothing is asked of a server that is not there. */
const RECONNECT_MS = { first: 50, longest: 1_000 }
/** Errors that say how the server is, and not that a command is wrong. */
const SERVER_CANNOT =
  /^(BUSY|CLUSTERDOWN|LOADING|MASTERDOWN|MISCONF|NOAUTH|OOM|READONLY|TRYAGAIN)\b/

/**
 * Connects, or goes on trying in the background: resolves after the first attempt, or after two seconds
 * where not even that came to an end. When Redis goes and when it is back, one line is logged.
 *
 * @throws {GatewayError} `config_invalid`
 */
export async function connectRedis(options: RedisOptions): Promise<Redis> {
  const { namespace, timeoutMs, log } = options
  const location = locationOf(options)
  const address = addressOf(location)
  // Loaded here: most gateways have no Redis.
  const { createClient, ErrorReply, RESP_TYPES } = await import('@redis/client')
  const settings = settingsOf(location)
  const breaker = createCircuitBreaker()
  const returned: (() => void)[] = []
  const asBytes = { typeMapping: { [RESP_TYPES.BLOB_STRING]: Buffer } }
  let isUp: boolean | null = null
  let closed = false
  let client = open()
  const subscriptions = createSubscriptions(() => newClient())

  function newClient(): Client {
    return createClient<Record<never, never>, Record<never, never>, Record<never, never>, 2>(
      settings,
    )
  }

  function open(): Client {
    const made = newClient()
    made.on('error', (error: Error) => client === made && gone(error.message || error.name))
    made.on('ready', () => client === made && back())
    made.connect().catch(() => {}) // It tries again by itself, and `error` told why.
    return made
  }

  function gone(why: string): void {
    if (isUp === false || closed) return
    isUp = false
    log.warn({ redis: address, why }, 'Redis does not answer; trying again in the background')
  }

  function back(): void {
    breaker.succeeded()
    if (closed) return
    const wasGone = isUp === false
    isUp = true
    if (wasGone) log.warn({ redis: address }, 'Redis answers again')
    for (const heard of returned) heard()
  }

  /** Where the server is silent, its connection may lead nowhere any more: takes a new one. */
  function renew(): void {
    const old = client
    client = open()
    old.destroy()
  }

  function failed(why: string, isSilent: boolean): void {
    if (!breaker.failed() || closed) return
    gone(why)
    if (isSilent) renew()
  }

  async function ask(words: readonly (string | Buffer)[], bytes: boolean): Promise<unknown> {
    const asked = client
    if (!breaker.enter()) throw unavailable('Redis does not answer')
    if (!asked.isReady) {
      failed('it is not connected', true)
      throw unavailable('Redis does not answer')
    }
    const { promise: late, reject } = Promise.withResolvers<never>()
    // Where this process was busy, the answer may lie in the socket already: it is read first.
    const timer = setTimeout(() => setImmediate(() => reject(new Late())), timeoutMs)
    try {
      const reply = await Promise.race([
        asked.sendCommand(words, bytes ? asBytes : undefined),
        late,
      ])
      if (isUp === false) back()
      else breaker.succeeded()
      return reply
    } catch (cause) {
      if (!(cause instanceof ErrorReply)) {
        const isSilent = cause instanceof Late
        const why = isSilent ? `no answer within ${timeoutMs} ms` : 'the connection was lost'
        failed(why, isSilent)
        throw unavailable(`Redis: ${why}`, cause)
      }
      const [word = ''] = cause.message.split(' ', 1)
      if (word === 'NOSCRIPT') throw cause
      if (SERVER_CANNOT.test(word)) failed(word, false)
      else breaker.succeeded()
      throw unavailable(`Redis says ${word}`, cause)
    } finally {
      clearTimeout(timer)
    }
  }

  await firstWord(client)
  return {
    get available() {
      return client.isReady && !breaker.isOpen
    },
    address,
    key: (name) => `${namespace}:${name}`,
    async run({ sha1, text }, keys, args) {
      const rest = [String(keys.length), ...keys, ...args]
      try {
        return await ask(['EVALSHA', sha1, ...rest], false)
      } catch (thrown) {
        // A server that was restarted or flushed knows no scripts.
        if (thrown instanceof GatewayError) throw thrown
        return ask(['EVAL', text, ...rest], false)
      }
    },
    command: (...words) => ask(words, false),
    commandBytes: (...words) => ask(words, true),
    subscribe: (channel, heard) => subscriptions.add(channel, heard),
    async publish(channel, message) {
      await ask(['PUBLISH', channel, message], false).catch(() => {})
    },
    onReturn: (heard) => void returned.push(heard),
    async close() {
      closed = true
      client.destroy()
      subscriptions.close()
    },
  }
}

class Late extends Error {}

function unavailable(detail: string, cause?: unknown): GatewayError {
  return new GatewayError('shared_state_unavailable', { detail, cause, owner: 'redis' })
}

type Settings = RedisClientOptions<
  Record<never, never>,
  Record<never, never>,
  Record<never, never>,
  2
>

function settingsOf({ host, port, username, password, db, tls }: RedisLocation): Settings {
  return {
    RESP: 2,
    socket: {
      host,
      port,
      ...(tls ? { tls } : {}),
      connectTimeout: FIRST_WAIT_MS,
      reconnectStrategy: (tries) =>
        Math.min(RECONNECT_MS.first * 2 ** Math.min(tries, 10), RECONNECT_MS.longest) *
        (0.5 + Math.random() / 2),
    },
    ...(username === undefined ? {} : { username }),
    ...(password === undefined ? {} : { password }),
    database: db,
    name: 'sluice',
    disableOfflineQueue: true,
    disableClientInfo: true,
    maintNotifications: 'disabled',
    // Its own deadline ends when a command is written, not when it is answered; ours does not.
    commandOptions: { timeout: 0 },
  }
}

async function firstWord(client: Client): Promise<void> {
  const { promise, resolve } = Promise.withResolvers<void>()
  const timer = setTimeout(resolve, FIRST_WAIT_MS)
  client.once('ready', resolve)
  client.once('error', () => resolve())
  await promise
  clearTimeout(timer)
}
