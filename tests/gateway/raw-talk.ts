import { once } from 'node:events'
import { connect, type Socket } from 'node:net'

/** A reply as it stood on the wire; bodies have a declared length. */
export interface WireReply {
  readonly status: number
  readonly headers: Readonly<Record<string, string>>
  readonly body: Buffer
}

export interface Talk {
  readonly socket: Socket
  /** The next reply; null when the connection is closed before there is a whole one. */
  readonly next: () => Promise<WireReply | null>
  /** Resolves when the gateway has closed the connection. */
  readonly closed: Promise<unknown>
}

/** Opens a connection on which requests can be written that no HTTP client would send. */
export async function talk(port: number): Promise<Talk> {
  const socket = connect(port, '127.0.0.1')
  await once(socket, 'connect')
  socket.on('error', () => {}) // A refused request may be cut while it is still being written.
  const closed = new Promise((resolve) => socket.once('close', resolve))
  let seen = Buffer.alloc(0)
  let wake = (): void => {}
  let over = false
  socket.on('data', (bytes) => {
    seen = Buffer.concat([seen, bytes])
    wake()
  })
  socket.on('close', () => {
    over = true
    wake()
  })
  return {
    socket,
    closed,
    async next() {
      for (;;) {
        const reply = readReply(seen)
        if (reply) {
          seen = seen.subarray(reply.length)
          return reply
        }
        if (over) return null
        await new Promise<void>((resolve) => (wake = resolve))
      }
    },
  }
}

/** The bytes of a request line, headers and body. */
export function requestOf(
  line: string,
  headers: Readonly<Record<string, string>>,
  body = '',
): Buffer {
  const lines = Object.entries(headers).map(([name, value]) => `${name}: ${value}\r\n`)
  return Buffer.from(`${line}\r\n${lines.join('')}\r\n${body}`)
}

function readReply(bytes: Buffer): (WireReply & { length: number }) | null {
  const end = bytes.indexOf('\r\n\r\n')
  if (end < 0) return null
  const [line = '', ...rest] = bytes.subarray(0, end).toString('latin1').split('\r\n')
  const headers = Object.fromEntries(
    rest.map((header) => {
      const colon = header.indexOf(':')
      return [header.slice(0, colon).toLowerCase(), header.slice(colon + 1).trim()]
    }),
  )
  const length = end + 4 + Number(headers['content-length'] ?? 0)
  if (bytes.length < length) return null
  return {
    status: Number(line.split(' ')[1]),
    headers,
    body: bytes.subarray(end + 4, length),
    length,
  }
}
