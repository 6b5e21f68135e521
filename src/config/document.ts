import { LineCounter, parseDocument, isNode, type Document } from 'yaml'
import { GatewayError } from '../errors/index.ts'

/** A configuration file as plain values, with the means to say where in the file a value stands. */
export interface ConfigDocument {
  readonly values: Record<string, unknown>
  /** `file:line:column` of the value at this path, or of its nearest parent. */
  placeOf(path: readonly (string | number)[]): string
}

/**
 * Parses YAML (or JSON, which is YAML). Duplicate keys, unknown tags and alias bombs are errors with
 * line and column.
 */
export function parseConfig(text: string, file: string): ConfigDocument {
  const lines = new LineCounter()
  const document = parseDocument(text, {
    lineCounter: lines,
    uniqueKeys: true,
    prettyErrors: false,
  })
  const place = (offset: number): string => {
    const { line, col } = lines.linePos(offset)
    return `${file}:${line}:${col}`
  }
  const fault = document.errors[0]
  if (fault) throw invalid(`${place(fault.pos[0])} ${fault.message}`)
  let values: unknown
  try {
    values = document.toJS({ maxAliasCount: 100 }) ?? {}
  } catch (cause) {
    throw invalid(`${file}: ${String(cause)}`, cause)
  }
  if (typeof values !== 'object' || values === null || Array.isArray(values)) {
    throw invalid(`${file}:1:1 the file must hold keys and values`)
  }
  return {
    values: values as Record<string, unknown>,
    placeOf: (path) => place(offsetOf(document, path)),
  }
}

/** A `config_invalid` error: one line that says what is wrong and where. */
export function invalid(detail: string, cause?: unknown): GatewayError {
  return new GatewayError('config_invalid', { detail, cause })
}

function offsetOf(document: Document, path: readonly (string | number)[]): number {
  for (let length = path.length; length > 0; length -= 1) {
    const node: unknown = document.getIn(path.slice(0, length), true)
    if (isNode(node) && node.range) return node.range[0]
  }
  return 0
}
