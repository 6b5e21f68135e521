/** A Lua script; its hash is computed once. */
export interface Script {
  readonly text: string
  readonly sha1: string
}

/**
 * One connection to Redis that comes back by itself. Every question has a short deadline, and after
 * several failures in a row the next ones fail at once until a probe succeeds: a Redis that is gone must
 * not cost calls time.
 */
export interface Redis {
  /** False while questions fail at once. */
  readonly available: boolean
  /** Where it is, without credentials. */
  readonly address: string
  /** The name of a key or a channel within the namespace of these gateways. */
  key(name: string): string
  /** Runs a script. @throws {GatewayError} `shared_state_unavailable` */
  run(script: Script, keys: readonly string[], args: readonly string[]): Promise<unknown>
  /** Sends one command; replies with texts. @throws {GatewayError} `shared_state_unavailable` */
  command(...args: readonly (string | Buffer)[]): Promise<unknown>
  /** The same; replies with bytes. @throws {GatewayError} `shared_state_unavailable` */
  commandBytes(...args: readonly (string | Buffer)[]): Promise<unknown>
  /** Hears what is published on a channel, also after the connection was lost and came back. */
  subscribe(channel: string, heard: (message: string) => void): Promise<void>
  /** Says something to those who listen; never rejects: nobody may be there. */
  publish(channel: string, message: string): Promise<void>
  /** Hears each time that questions are answered again, after they were not. */
  onReturn(heard: () => void): void
  close(): Promise<void>
}
