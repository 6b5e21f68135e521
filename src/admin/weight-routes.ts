import type { Router } from '@koa/router'
import { GatewayError } from '../errors/index.ts'
import type { Json } from '../plugin/index.ts'
import type { WeightVersion } from '../shared/index.ts'
import { readBody } from './body.ts'
import type { AdminParts } from './parts.ts'
import { route } from './route.ts'

const MAX_LENGTH = 200

/** Which weights the engines serve, for the trainer to say. */
export function registerWeights(router: Router, { weights }: AdminParts): void {
  route(router, '/admin/weight_version', {
    GET(ctx) {
      ctx.body = { weight_version: weights.current }
    },
    async POST(ctx) {
      const version = weightVersion((await readBody(ctx))['weight_version'])
      await weights.set(version)
      ctx.body = { weight_version: version }
    },
  })
}

/**
 * A whole number or a name, kept as given: text of digits stays text.
 *
 * @throws {GatewayError} `bad_weight_version`, saying what is wrong with it.
 */
function weightVersion(value: Json | undefined): WeightVersion {
  if (typeof value === 'number') {
    // Beyond that, a number in JSON may have become another one on the way in.
    if (Number.isSafeInteger(value)) return value
    throw refused(`${value} is no whole number below 2^53`)
  }
  if (typeof value !== 'string') {
    throw refused(
      value === undefined || value === null ? 'it is missing' : `it is a ${kind(value)}`,
    )
  }
  if (value === '') throw refused('it is empty')
  if (value.length > MAX_LENGTH) {
    throw refused(`it has ${value.length} characters, the limit is ${MAX_LENGTH}`)
  }
  if (/\p{Cc}/u.test(value)) throw refused('it holds a control character')
  if (!value.isWellFormed()) throw refused('it holds half of a surrogate pair')
  return value
}

function kind(value: Json): string {
  return Array.isArray(value) ? 'list' : typeof value
}

function refused(defect: string): GatewayError {
  const detail = `${defect}; send a whole number or a text`
  return new GatewayError('bad_weight_version', { detail, param: 'weight_version' })
}
