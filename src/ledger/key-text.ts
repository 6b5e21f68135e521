import { hash, randomBytes } from 'node:crypto'

/** 128 random bits are 22 characters of base64url. */
const RANDOM_BYTES = 16
/** Of a text with fewer characters the last four are too much to show. */
const SHORT = 12

/** A new key, as LiteLLM makes them: `sk-` and 22 characters that may stand in a URL. */
export function createKeyText(): string {
  return `sk-${randomBytes(RANDOM_BYTES).toString('base64url')}`
}

/** By what a key is known: SHA-256 of all of it, in hexadecimal. */
export function hashOf(text: string): string {
  return hash('sha256', text)
}

/** The same for a key as Node shows it in a header: there each byte is one character. */
export function hashOfSent(text: string): string {
  return hash('sha256', Buffer.from(text, 'latin1'))
}

/** True for what {@link hashOf} gives, which stands for its key where one is named. */
export function isHash(text: string): boolean {
  return /^[0-9a-f]{64}$/.test(text)
}

/** A key as people may see it: `sk-...abcd`. */
export function maskOf(text: string): string {
  return `sk-...${text.length < SHORT ? '' : text.slice(-4)}`
}
