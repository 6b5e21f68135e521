import { buildProxiedBaseUrl } from './proxied-url.ts'
import { assembleRoutingMetadata } from './routing-metadata.ts'
import { currentSession, type Session } from './session.ts'

/** What is needed of a client of the package `openai`, major versions 4 to 7. */
export interface OpenAIClient {
  baseURL: string
}

export interface TrackOptions {
  /** Base URL of the gateway, with or without `/v1`; that of the client by default. */
  readonly baseURL?: string | undefined
}

/**
 * Gives an `openai` client the base URL of the active session with every call: one client serves any
 * number of sessions at once. Outside of a session it calls the gateway's plain `/v1`. What the result
 * makes (streams, pages, runners) stays with the session in which it was made. The given client is left
 * as it is.
 *
 * ```ts
 * const openai = trackOpenAI(new OpenAI({ baseURL: 'http://127.0.0.1:9090/v1', apiKey: 'EMPTY' }))
 * await session({ session_name: 'math:0' }, () => openai.chat.completions.create({ … }))
 * ```
 *
 * @throws {TypeError} when there is no http base URL.
 */
export function trackOpenAI<T extends OpenAIClient>(client: T, options: TrackOptions = {}): T {
  const gateway = plainBaseUrl(options.baseURL ?? client.baseURL)
  return track(gateway === client.baseURL ? client : withOptions(client, { baseURL: gateway }))
}

function plainBaseUrl(baseUrl: string): string {
  if (!URL.canParse(baseUrl)) throw new TypeError(`"${baseUrl}" is not an absolute base URL`)
  const url = new URL(baseUrl)
  url.pathname = `${url.pathname.replace(/\/+$/, '').replace(/\/v1$/, '')}/v1`
  return url.href
}

/** @param inherited what was set on the tracked client that this one was made of. */
function track<T extends OpenAIClient>(
  plain: T,
  inherited: Readonly<Record<string, unknown>> = {},
): T {
  // One client per session, gone with it.
  let scoped = new WeakMap<Session, T>()
  // What was set on the tracked client: not all of it is among the options that a copy is made of.
  const settings: Record<string, unknown> = { ...inherited }
  // What was read off the client once; as many entries as its API has names.
  const views = new Map<string, object>()

  const copyOf = (changes: object): T => {
    const copy = withOptions(plain, changes)
    return Object.assign(copy, without(settings, changes))
  }

  const active = (): T => {
    const session = currentSession()
    if (session === null) return plain
    let client = scoped.get(session)
    if (client === undefined) {
      const metadata = assembleRoutingMetadata({}, session)
      client = copyOf({ baseURL: buildProxiedBaseUrl(plain.baseURL, metadata) })
      scoped.set(session, client)
    }
    return client
  }

  /** The object at a path such as `chat.completions` of the client that is active now. */
  const at = (path: readonly string[]): object => {
    let value: object = active()
    for (const key of path) value = Reflect.get(value, key) as object
    return value
  }

  const view = (path: readonly string[], target: object): object =>
    new Proxy(target, {
      get(_, key) {
        const owner = at(path)
        const value: unknown = Reflect.get(owner, key)
        if (typeof key === 'symbol' || key === 'constructor') return value
        const inner = [...path, key]
        if (isMethod(value, owner, key)) return remembered(inner, () => method(path, key))
        if (isResource(value)) return remembered(inner, () => view(inner, value))
        return value
      },
      set(owner, key, value) {
        scoped = new WeakMap()
        if (owner === plain && typeof key === 'string') settings[key] = value
        return Reflect.set(owner, key, value)
      },
    })

  const method = (path: readonly string[], key: string): object =>
    path.length === 0 && key === 'withOptions'
      ? (changes: object) => track(copyOf(changes), without(settings, changes))
      : (...args: readonly unknown[]) => {
          const owner = at(path)
          return Reflect.apply(Reflect.get(owner, key) as Method, owner, args) as unknown
        }

  const remembered = (path: readonly string[], make: () => object): object => {
    const name = path.join('.')
    const known = views.get(name) ?? make()
    views.set(name, known)
    return known
  }

  return view([], plain) as T
}

function without(settings: Readonly<Record<string, unknown>>, changes: object): typeof settings {
  return Object.fromEntries(
    Object.entries(settings).filter(([key]) => !Object.hasOwn(changes, key)),
  )
}

type Method = (...args: readonly unknown[]) => unknown

/** A function of the class. One that an object holds itself, such as `fetch`, is a setting. */
function isMethod(value: unknown, owner: object, key: string): boolean {
  return typeof value === 'function' && !Object.hasOwn(owner, key)
}

/** A part of the API, such as `chat`; those of all versions know the client they belong to. */
function isResource(value: unknown): value is object {
  if (typeof value !== 'object' || value === null) return false
  const { _client, client = _client } = value as { _client?: unknown; client?: unknown }
  return typeof client === 'object' && client !== null && 'baseURL' in client
}

/** A copy of a client with some options changed; version 4 has no method for it. */
function withOptions<T extends OpenAIClient>(client: T, changes: object): T {
  const { withOptions: copy, _options: options } = client as Copyable<T>
  if (copy !== undefined) return copy.call(client, changes)
  const Client = client.constructor as new (options: object) => T
  return new Client({ ...options, baseURL: client.baseURL, ...changes })
}

interface Copyable<T> {
  readonly withOptions?: (this: T, changes: object) => T
  readonly _options?: object
}
