import type { Values } from './document.ts'

/**
 * An entry of `upstreams` for a worker as rLLM describes one: at {@link placedAt}, and the caller's key
 * goes on to it, unless the file gives it another.
 */
export function upstreamOfWorker(worker: Values): Values {
  const passes = worker['api_key'] === undefined ? { pass_authorization: true } : {}
  return { ...passes, ...placedAt(worker) }
}

/**
 * A server as rLLM and LiteLLM name it: a path in the URL is the API path unless `api_path` is given.
 * `http://host/api` is called at `/api/chat/completions`, not at `/api/v1/…`.
 */
export function placedAt(worker: Values): Values {
  const { url, api_path: apiPath } = worker
  if (apiPath !== undefined || typeof url !== 'string' || !URL.canParse(url)) return worker
  const { protocol, origin, pathname, username, password, search, hash } = new URL(url)
  // `localhost:8000` is a URL with a scheme of that name; it too is left to be found.
  if (!/^https?:$/.test(protocol)) return worker
  const path = pathname.replace(/\/+$/, '')
  // Both readings agree on these. What must not be in a URL is left there to be found.
  if (path === '' || path.endsWith('/v1') || username || password || search || hash) return worker
  return { ...worker, url: origin, api_path: path }
}
