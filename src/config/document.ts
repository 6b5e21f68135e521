import { LineCounter, parseDocument, isNode, type Document } from 'yaml'
import { GatewayError } from '../errors/index.ts'

export type Path = readonly (string | number)[]
export type Values = Record<string, unknown>

/** A configuration as plain values, with the means to say where a value was written. */
export interface ConfigDocument {
  readonly values: Values
  /** `file:line:column` of the value at this path, or of its nearest parent. */
  placeOf(path: Path): string
  /** The key at this path as it was written; empty where a flag or variable gave it. */
  nameOf(path: Path): string
}

/** Where the value at a path came from: another path, or a place outside of the file, such as `--port`. */
export interface Origin {
  readonly path: Path
  readonly from: Path | string
}

/** Enough for thousands of deployments that share their defaults; a bomb has billions. */
const MOST_ALIASES = 10_000

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
    merge: true, // `<<: *defaults`, as Python's parser reads it.
  })
  const place = (offset: number): string => {
    const { line, col } = lines.linePos(offset)
    return `${file}:${line}:${col}`
  }
  const fault = document.errors[0]
  if (fault) throw invalid(`${place(fault.pos[0])} ${fault.message}`)
  let values: unknown
  try {
    values = document.toJS({ maxAliasCount: MOST_ALIASES }) ?? {}
    JSON.stringify(values) // An alias may lead back to where it stands; whoever walks that never ends.
  } catch (cause) {
    throw invalid(`${file}: ${String(cause)}`, cause)
  }
  if (typeof values !== 'object' || values === null || Array.isArray(values)) {
    throw invalid(`${file}:1:1 the file must hold keys and values`)
  }
  return {
    values: values as Values,
    placeOf: (path) => place(offsetOf(document, path)),
    nameOf,
  }
}

/** A configuration that was not written in a file. */
export function unwritten(values: Values = {}): ConfigDocument {
  return { values, placeOf: () => '(configuration)', nameOf }
}

/** A path as errors and warnings may show it: the names of limits are the keys of callers. */
export function nameOf(path: Path): string {
  const limits = path.findIndex(
    (key, at) => key === 'rate_limit_config' || (key === 'limits' && path[at - 1] === 'keys'),
  )
  return path.map((key, at) => (limits >= 0 && at === limits + 1 ? '[hidden]' : key)).join('.')
}

/**
 * The same configuration with other values; those that moved are still shown where they were written. The
 * first origin that leads to a path is the one that counts.
 */
export function rewritten(
  document: ConfigDocument,
  values: Values,
  origins: readonly Origin[],
): ConfigDocument {
  const originOf = (path: Path): Origin | undefined =>
    origins.find((origin) => origin.path.every((key, index) => key === path[index]))
  const tail = (path: Path, origin: Origin): Path => path.slice(origin.path.length)
  return {
    values,
    placeOf(path) {
      const origin = originOf(path)
      if (!origin) return document.placeOf(path)
      if (typeof origin.from === 'string') return origin.from
      return document.placeOf([...origin.from, ...tail(path, origin)])
    },
    nameOf(path) {
      const origin = originOf(path)
      if (!origin) return document.nameOf(path)
      // The flag or variable is the whole name: what it sets is called so in files only.
      if (typeof origin.from === 'string') return ''
      return document.nameOf([...origin.from, ...tail(path, origin)])
    },
  }
}

/** A `config_invalid` error: one line that says what is wrong and where. */
export function invalid(detail: string, cause?: unknown): GatewayError {
  return new GatewayError('config_invalid', { detail, cause })
}

function offsetOf(document: Document, path: Path): number {
  for (let length = path.length; length > 0; length -= 1) {
    const node: unknown = document.getIn(path.slice(0, length), true)
    if (isNode(node) && node.range) return node.range[0]
  }
  return 0
}
