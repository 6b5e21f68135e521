/** Where an OpenAI API is reached, taken apart. */
export interface ApiPlace {
  readonly origin: string
  /** Path before the API path, such as `/base`; mostly empty. */
  readonly prefix: string
  /** What stands in place of `/v1`; empty when nothing does. */
  readonly api: string
}

/** The place a base URL names; one that ends in the API path already does not get it twice. */
export function apiPlace(url: string, apiPath: string): ApiPlace {
  const { origin, pathname } = new URL(url)
  const path = withoutSlash(pathname)
  const api = withoutSlash(apiPath)
  const isNamed = api !== '' && path.endsWith(api)
  return { origin, prefix: isNamed ? path.slice(0, -api.length) : path, api }
}

/** The path of a call on the server; one outside of `/v1` lies beside the API. */
export function pathAt({ prefix, api }: ApiPlace, path: string): string {
  if (!/^\/v1(?![^/?])/.test(path)) return prefix + path
  const full = prefix + api + path.slice(3)
  return full.startsWith('/') ? full : `/${full}`
}

function withoutSlash(path: string): string {
  return path.replace(/\/+$/, '')
}
