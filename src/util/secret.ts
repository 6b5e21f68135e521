import { hash, timingSafeEqual } from 'node:crypto'
import type { IncomingHttpHeaders } from 'node:http'

/** Where clients of OpenAI, Anthropic, Azure, Google and LiteLLM put their key, beside `authorization`. */
const KEY_HEADERS = ['x-litellm-api-key', 'api-key', 'x-api-key', 'x-goog-api-key'] as const

/** True when one is the other. Takes as long for a near miss as for a far one, whatever the lengths. */
export function isSameSecret(given: string, wanted: string): boolean {
  // Header values are bytes, each of which Node shows as one character.
  return timingSafeEqual(digestOf(Buffer.from(given, 'latin1')), digestOf(wanted))
}

/** As text first: the bytes that `hash` gives have memory of their own, which costs more than the hash. */
function digestOf(secret: string | Buffer): Buffer {
  return Buffer.from(hash('sha256', secret), 'latin1')
}

/**
 * Every key a request carries: the bearer token (RFC 6750 §2.1), the headers that clients know, and
 * `own`, one more that is configured. LiteLLM's clients write `Bearer ` before a key in any of them.
 */
export function keysIn(headers: IncomingHttpHeaders, own: string | null = null): readonly string[] {
  const found = [bearerIn(headers.authorization)]
  for (const name of own === null ? KEY_HEADERS : [...KEY_HEADERS, own.toLowerCase()]) {
    const value = textOf(headers[name])
    found.push(bearerIn(value) || value)
  }
  return found.filter((key) => key !== '')
}

function bearerIn(value: string | undefined): string {
  return /^bearer +(\S.*)$/i.exec(value ?? '')?.[1] ?? ''
}

function textOf(value: string | readonly string[] | undefined): string {
  return typeof value === 'string' ? value : ''
}
