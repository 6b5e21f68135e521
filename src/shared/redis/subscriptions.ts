import type { Client } from './connection.ts'

/** What is heard from channels, over a connection of its own: one that listens can ask nothing. */
export interface Subscriptions {
  /** Resolves when it is heard, or at once while nobody is there to be heard. */
  add(channel: string, heard: (message: string) => void): Promise<void>
  close(): void
}

/** @param newClient makes a client that is not connected; it is connected when something is to be heard */
export function createSubscriptions(newClient: () => Client): Subscriptions {
  const listeners = new Map<string, ((message: string) => void)[]>()
  /** Those the connection knows; it restores them by itself when it comes back. */
  const known = new Set<string>()
  let client: Client | undefined

  async function listen(channel: string): Promise<void> {
    if (!client?.isReady || known.has(channel)) return
    known.add(channel)
    try {
      await client.subscribe(channel, (message) => {
        for (const heard of listeners.get(channel) ?? []) heard(message)
      })
    } catch {
      // The connection is gone again; when it is back, the channel is asked for once more.
      known.delete(channel)
    }
  }

  function connect(): Client {
    const made = newClient()
    made.on('error', () => {}) // The connection that asks tells of it, once.
    made.on('ready', () => {
      for (const channel of listeners.keys()) void listen(channel)
    })
    return made
  }

  return {
    async add(channel, heard) {
      listeners.set(channel, [...(listeners.get(channel) ?? []), heard])
      if (client) return listen(channel)
      client = connect()
      const made = client
      const { promise, resolve } = Promise.withResolvers<void>()
      made.once('error', () => resolve())
      made.connect().then(
        () => resolve(),
        () => resolve(),
      )
      await promise
      await listen(channel)
    },
    close() {
      client?.destroy()
    },
  }
}
