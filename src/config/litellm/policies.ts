import { inside, object, whole, type Reader } from './values.ts'

/** Classes of errors of LiteLLM and their kinds here. */
const KINDS: ReadonlyMap<string, string> = new Map([
  ['BadRequestError', 'bad_request'],
  ['AuthenticationError', 'authentication'],
  ['NotFoundError', 'not_found'],
  ['TimeoutError', 'timeout'],
  ['RateLimitError', 'rate_limit'],
  ['ContentPolicyViolationError', 'content_policy'],
  ['InternalServerError', 'internal_server'],
  ['ServiceUnavailableError', 'service_unavailable'],
  ['Default', 'default'],
])

/** A policy, whose keys are a class of errors and this ending, by kinds of failure. */
export function policy(ending: 'Retries' | 'AllowedFails'): Reader {
  return (said) => {
    const found: Record<string, number> = {}
    for (const [key, value] of Object.entries(object(said))) {
      const one = inside(said, key, value)
      const kind = key.endsWith(ending) ? KINDS.get(key.slice(0, -ending.length)) : undefined
      if (kind === undefined) said.target.warn(one.path, 'is no key this gateway knows')
      else if (value !== null) found[kind] = whole(one)
    }
    return found
  }
}
