import { GatewayError } from '../errors/index.ts'
import { apiPlace, type NewWorker } from '../upstream/index.ts'

/** A worker that was checked; without an id it gets one. */
export interface CheckedWorker {
  readonly worker_id: string | null
  readonly url: string
  readonly api_path: string
  readonly model_name: string | null
  readonly weight: number
}

const MAX_ID = 200

/**
 * Checks what was registered and takes the URL apart: without `api_path` its path is the API path.
 *
 * @throws {GatewayError} `bad_worker`
 */
export function checkWorker(worker: NewWorker, isSelf: (url: URL) => boolean): CheckedWorker {
  const { worker_id = null, api_path, model_name = null, weight = 1 } = worker
  const url = checkUrl(worker.url)
  if (isSelf(url)) {
    throw bad('url', `${url.origin} is this gateway itself; a worker is a server of its own`)
  }
  if (worker_id !== null && !isId(worker_id)) {
    throw bad('worker_id', `an id has 1 to ${MAX_ID} characters, none of them a slash or a control`)
  }
  if (model_name !== null && (typeof model_name !== 'string' || model_name === '')) {
    throw bad('model_name', 'it is a name, or null for any model')
  }
  if (!Number.isFinite(weight) || weight <= 0) {
    throw bad('weight', 'it is a number above 0')
  }
  return { worker_id, ...placeOf(url, api_path), model_name, weight }
}

/** The URL without its API path, and the API path. */
function placeOf(url: URL, apiPath: string | undefined): { url: string; api_path: string } {
  if (apiPath !== undefined && (typeof apiPath !== 'string' || !/^\/[^\s?#\\]*$/.test(apiPath))) {
    throw bad('api_path', 'it begins with a slash and holds no query')
  }
  const path = url.pathname.replace(/\/+$/, '')
  const { origin, prefix, api } = apiPlace(url.href, apiPath ?? (path || '/v1'))
  return { url: origin + prefix, api_path: api || '/' }
}

function checkUrl(given: unknown): URL {
  if (typeof given !== 'string' || given === '') {
    throw bad('url', 'it is missing; name the server, such as http://host:8000/v1')
  }
  if (!/^https?:\/\//i.test(given) || !URL.canParse(given)) {
    throw bad('url', 'it is no http:// or https:// URL')
  }
  const url = new URL(given)
  if (url.username || url.password) throw bad('url', 'it must not hold credentials')
  if (/[?#]/.test(given)) throw bad('url', 'it must not hold a query or a fragment')
  return url
}

function isId(id: unknown): boolean {
  if (typeof id !== 'string' || id.length === 0 || id.length > MAX_ID) return false
  return !/[/\p{Cc}]/u.test(id)
}

function bad(param: string, detail: string): GatewayError {
  return new GatewayError('bad_worker', { param, detail: `${param}: ${detail}` })
}
