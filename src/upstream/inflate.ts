import { Readable } from 'node:stream'
import {
  createBrotliDecompress,
  createGunzip,
  createInflate,
  createZstdDecompress,
} from 'node:zlib'
import { GatewayError } from '../errors/index.ts'
import type { Reply } from '../plugin/index.ts'

const DECODERS = {
  gzip: createGunzip,
  'x-gzip': createGunzip,
  deflate: createInflate,
  br: createBrotliDecompress,
  zstd: createZstdDecompress,
} as const

/**
 * The reply as its server would have sent it uncompressed. Calls ask for `identity`; a server that
 * compresses all the same is understood once: a chain of encodings is refused, and the limit counts
 * inflated bytes, so that a small bomb cannot become a big one.
 */
export function inflated(reply: Reply, maxBytes: number): Reply {
  const { 'content-encoding': encoding, ...headers } = reply.headers
  if (encoding === undefined || encoding.trim().toLowerCase() === 'identity') return reply
  const name = encoding.trim().toLowerCase()
  if (!Object.hasOwn(DECODERS, name)) {
    void reply.body[Symbol.asyncIterator]().return?.() // Unread, it would keep its socket busy.
    throw new GatewayError('upstream_protocol', {
      detail: `the content-encoding "${name.slice(0, 50)}" is not supported`,
    })
  }
  return {
    status: reply.status,
    headers,
    body: decode(reply.body, name as keyof typeof DECODERS, maxBytes),
  }
}

async function* decode(
  body: Reply['body'],
  name: keyof typeof DECODERS,
  maxBytes: number,
): AsyncGenerator<Uint8Array> {
  const source = Readable.from(body)
  const decoder = DECODERS[name]()
  source.on('error', (error) => decoder.destroy(error))
  let total = 0
  try {
    for await (const bytes of source.pipe(decoder) as AsyncIterable<Buffer>) {
      total += bytes.length
      if (total > maxBytes) {
        throw new GatewayError('upstream_too_large', {
          detail: `the reply inflates to more than ${maxBytes} bytes`,
        })
      }
      yield bytes
    }
  } catch (cause) {
    if (cause instanceof GatewayError) throw cause
    throw new GatewayError('upstream_reset', {
      detail: `the ${name} reply is cut or damaged`,
      cause,
    })
  } finally {
    source.destroy()
  }
}
