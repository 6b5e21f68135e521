const ESCAPE = '\u0001'

/**
 * Text as a column can hold it. SQLite's TEXT is UTF-8 and turns a lone surrogate into U+FFFD, by
 * which two different names could become one; such text is kept as escaped JSON.
 */
export function textKey(text: string): string {
  return text.isWellFormed() && !text.startsWith(ESCAPE) ? text : ESCAPE + JSON.stringify(text)
}

export function readTextKey(stored: string): string {
  return stored.startsWith(ESCAPE) ? (JSON.parse(stored.slice(1)) as string) : stored
}

const UUID = /^[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$/

/** A trace id as it is stored: 16 bytes for a UUID, which nearly all are, else its text. */
export function traceKey(id: string): Uint8Array | string {
  return UUID.test(id) ? Buffer.from(id.replaceAll('-', ''), 'hex') : textKey(id)
}

export function readTraceKey(stored: Uint8Array | string): string {
  if (typeof stored === 'string') return readTextKey(stored)
  const hex = Buffer.from(stored).toString('hex')
  return `${hex.slice(0, 8)}-${hex.slice(8, 12)}-${hex.slice(12, 16)}-${hex.slice(16, 20)}-${hex.slice(20)}`
}
