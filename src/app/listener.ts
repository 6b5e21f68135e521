import { once } from 'node:events'
import type { AddressInfo } from 'node:net'
import type Koa from 'koa'
import type { Config } from '../config/index.ts'
import { GatewayError } from '../errors/index.ts'
import type { Logger } from '../util/log.ts'
import { createHttpServer } from './http.ts'

export interface Address {
  readonly host: string
  /** 0 takes a free one. */
  readonly port: number
}

/** A server that accepts connections. */
export interface Listener {
  readonly url: string
  readonly port: number
  /** Ends the connections at once. */
  sever(): void
  /** Takes no more connections, and cuts those still open once `drained` resolves. */
  close(drained: Promise<void>): Promise<void>
}

/**
 * Listens where the configuration says.
 *
 * @throws {GatewayError} `config_invalid` when that address cannot be had.
 */
export async function listen(
  app: Koa,
  { host, port, timeouts }: Address & Pick<Config, 'timeouts'>,
  log: Logger,
): Promise<Listener> {
  const server = createHttpServer(
    app,
    {
      requestMs: timeouts.request_ms,
      headersMs: Math.min(15_000, timeouts.request_ms),
    },
    log,
  )
  server.listen(port, host)
  try {
    await once(server, 'listening')
  } catch (cause) {
    const { code } = cause as NodeJS.ErrnoException
    const why =
      code === 'EADDRINUSE'
        ? 'something else listens there; choose another with --port'
        : String(code)
    throw new GatewayError('config_invalid', {
      detail: `cannot listen on ${host}:${port}: ${why}`,
      cause,
    })
  }
  const { port: taken } = server.address() as AddressInfo
  const name = host.includes(':') ? `[${host}]` : host
  return {
    url: `http://${name}:${taken}`,
    port: taken,
    sever: () => server.closeAllConnections(),
    async close(drained) {
      const closed = new Promise((resolve) => server.close(resolve))
      await drained
      server.closeAllConnections()
      await closed
    },
  }
}
