import { once } from 'node:events'
import { createServer, type AddressInfo, type Socket } from 'node:net'

/** A request as it came over the wire. */
export interface SeenRequest {
  readonly method: string
  readonly path: string
  readonly headers: Readonly<Record<string, string>>
  readonly body: Buffer
  /** Resolves when the connection it came on is closed. */
  readonly closed: Promise<void>
}

/** Plays the reply to one request on its raw socket. */
export type Script = (socket: Socket, request: SeenRequest) => unknown

export interface ScriptedUpstream {
  readonly url: string
  readonly port: number
  readonly seen: SeenRequest[]
  /** The scripts of the coming requests, in order; the last one stays. */
  play(...scripts: readonly Script[]): void
  /** Resolves to the next request that comes in. */
  next(): Promise<SeenRequest>
}

/** A raw TCP server that answers as scripted, so that every fault of a server can be had. */
export async function startUpstream(t: {
  after(undo: () => unknown): void
}): Promise<ScriptedUpstream> {
  const seen: SeenRequest[] = []
  const sockets = new Set<Socket>()
  let queue: Script[] = []
  let waiting: ((request: SeenRequest) => void)[] = []
  const server = createServer((socket) => {
    sockets.add(socket)
    const closed = new Promise<void>((resolve) => {
      socket.once('close', () => {
        sockets.delete(socket)
        resolve()
      })
    })
    socket.on('error', () => {})
    let buffer = Buffer.alloc(0)
    socket.on('data', (bytes) => {
      buffer = Buffer.concat([buffer, bytes])
      for (let request = readRequest(buffer); request; request = readRequest(buffer)) {
        buffer = buffer.subarray(request.length)
        const full: SeenRequest = { ...request, closed }
        seen.push(full)
        const script = queue.length > 1 ? queue.shift() : queue[0]
        void script?.(socket, full)
        for (const resolve of waiting.splice(0)) resolve(full)
      }
    })
  })
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  t.after(() => {
    for (const socket of sockets) socket.destroy()
    server.close()
  })
  const { port } = server.address() as AddressInfo
  return {
    url: `http://127.0.0.1:${port}`,
    port,
    seen,
    play: (...scripts) => void (queue = [...scripts]),
    next: () => new Promise((resolve) => void waiting.push(resolve)),
  }
}

function readRequest(buffer: Buffer): (Omit<SeenRequest, 'closed'> & { length: number }) | null {
  const end = buffer.indexOf('\r\n\r\n')
  if (end < 0) return null
  const [line = '', ...rest] = buffer.subarray(0, end).toString('latin1').split('\r\n')
  const [method = '', path = ''] = line.split(' ')
  const headers = Object.fromEntries(
    rest.map((header) => {
      const colon = header.indexOf(':')
      return [header.slice(0, colon).toLowerCase(), header.slice(colon + 1).trim()]
    }),
  )
  const length = Number(headers['content-length'] ?? 0)
  if (buffer.length < end + 4 + length) return null
  return {
    method,
    path,
    headers,
    body: buffer.subarray(end + 4, end + 4 + length),
    length: end + 4 + length,
  }
}

/** Answers with a JSON body of known length. */
export function single(
  body: Buffer | string,
  options: { status?: number; headers?: Record<string, string> } = {},
): Script {
  const bytes = Buffer.from(body)
  return (socket) => {
    socket.setNoDelay(true) // Or the body waits 40 ms for the head to be acknowledged.
    socket.write(
      head(options.status ?? 200, {
        'content-type': 'application/json',
        'content-length': String(bytes.length),
        ...options.headers,
      }),
    )
    socket.write(bytes)
  }
}

/** Answers with an event stream, one HTTP chunk per piece; pieces are written as the socket takes them. */
export function stream(
  pieces: readonly (Buffer | string)[],
  options: { headers?: Record<string, string>; end?: 'clean' | 'fin' | 'rst' | 'stall' } = {},
): Script {
  return async (socket) => {
    socket.setNoDelay(true)
    socket.write(
      head(200, {
        'content-type': 'text/event-stream; charset=utf-8',
        'transfer-encoding': 'chunked',
        ...options.headers,
      }),
    )
    for (const piece of pieces) {
      if (socket.destroyed) return
      await writeChunk(socket, Buffer.from(piece))
    }
    const how = options.end ?? 'clean'
    if (how === 'clean') socket.write('0\r\n\r\n')
    if (how === 'fin') socket.end()
    if (how === 'rst') socket.resetAndDestroy()
  }
}

/** Writes one HTTP chunk; resolves when the kernel has it, so that pieces leave one by one. */
export function writeChunk(socket: Socket, bytes: Buffer): Promise<void> {
  if (bytes.length === 0) return Promise.resolve()
  const framed = Buffer.concat([
    Buffer.from(`${bytes.length.toString(16)}\r\n`),
    bytes,
    Buffer.from('\r\n'),
  ])
  return new Promise((resolve) => {
    socket.write(framed, () => setImmediate(resolve))
  })
}

export function head(status: number, headers: Record<string, string>): string {
  const lines = Object.entries(headers).map(([name, value]) => `${name}: ${value}\r\n`)
  return `HTTP/1.1 ${status} Scripted\r\n${lines.join('')}\r\n`
}
