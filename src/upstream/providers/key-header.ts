import type { Headers } from '../../plugin/index.ts'

/**
 * The headers with a bearer key in the header where a service looks for keys; one that stands there
 * already stays. Other credentials than keys, such as tokens of a user, are left as they are.
 */
export function withKeyIn(
  name: string,
  headers: Headers,
  isKey: (credential: string) => boolean,
): Headers {
  // A configuration may write header names as it likes.
  const written = Object.keys(headers).find((one) => one.toLowerCase() === 'authorization') ?? ''
  const key = /^bearer +(\S+)$/i.exec(headers[written] ?? '')?.[1]
  if (key === undefined || !isKey(key)) return headers
  const { [written]: _, ...rest } = headers
  return { ...rest, [name]: rest[name] ?? key }
}
