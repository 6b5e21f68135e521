import { GatewayError } from '../errors/index.ts'
import { isObject, type Json, type JsonObject } from '../plugin/index.ts'
import type { FailureKind } from '../upstream/index.ts'
import type { Fallbacks } from './forward-options.ts'
import { placeIn } from './places.ts'

/** A model that is asked in place of another, with what is said differently to it. */
export interface Fallback {
  readonly model: string
  readonly params: JsonObject
}

/** What a caller of LiteLLM's proxy wants to happen when its model fails. */
export interface AskedFallbacks {
  /** Whom to ask instead of its model; null: as configured. */
  readonly fallbacks: readonly Fallback[] | null
  /** The same for some failures, of any model; what is absent is as configured. */
  readonly fallbacksAt: Readonly<Partial<Record<FailureKind, Fallbacks>>>
  /** The failure that its model is taken to have, unasked, so that the fallbacks can be tried out. */
  readonly rehearsal: FailureKind | null
}

/** Nothing is asked for: all as configured. */
export const AS_CONFIGURED: AskedFallbacks = {
  fallbacks: null,
  fallbacksAt: {},
  rehearsal: null,
}

const LISTS: Readonly<Record<string, FailureKind>> = {
  context_window_fallbacks: 'context_window',
  content_policy_fallbacks: 'content_policy',
}

const REHEARSALS: Readonly<Record<string, FailureKind>> = {
  mock_testing_fallbacks: 'internal_server',
  mock_testing_context_fallbacks: 'context_window',
  mock_testing_context_window_fallbacks: 'context_window',
  mock_testing_content_policy_fallbacks: 'content_policy',
}

/**
 * Reads LiteLLM's fields of a body.
 *
 * @param realName of a model, for any name that the caller may have for it
 * @throws {GatewayError} `bad_body` naming the field that cannot be read
 */
export function askedFallbacks(
  params: JsonObject,
  realName: (model: string) => string,
): AskedFallbacks {
  const lists = Object.entries(LISTS).flatMap(([field, kind]) => {
    const said = listsOf(field, params[field], realName)
    return said ? [[kind, said] as const] : []
  })
  const rehearsed = Object.entries(REHEARSALS).find(([field]) => flagOf(field, params[field]))
  return {
    fallbacks: fallbacksOf(params['fallbacks']),
    fallbacksAt: Object.fromEntries(lists),
    rehearsal: rehearsed?.[1] ?? null,
  }
}

/** Every model that a caller names. */
export function modelsIn({ fallbacks, fallbacksAt }: AskedFallbacks): readonly string[] {
  const ofAny = (fallbacks ?? []).map(({ model }) => model)
  return [...ofAny, ...Object.values(fallbacksAt).flatMap((lists) => [...lists.values()].flat())]
}

function fallbacksOf(said: Json | undefined): readonly Fallback[] | null {
  if (said === undefined || said === null) return null
  if (!Array.isArray(said)) throw unreadable('fallbacks', 'must be a list')
  return (said as readonly Json[]).map((one) => {
    if (typeof one === 'string') return { model: one, params: {} }
    if (!isObject(one) || typeof one['model'] !== 'string') {
      throw unreadable('fallbacks', 'has names of models, or objects with a `model`')
    }
    const place = placeIn(one)
    if (place !== undefined) {
      throw unreadable('fallbacks', `may not say \`${place}\`: where a call goes is configured`)
    }
    return { model: one['model'], params: one }
  })
}

/** Lists by the model that they stand in for: an object of them or, as LiteLLM writes it, a list of such objects. */
function listsOf(
  field: string,
  said: Json | undefined,
  realName: (model: string) => string,
): Fallbacks | null {
  if (said === undefined || said === null) return null
  const lists = new Map<string, readonly string[]>()
  for (const one of (Array.isArray(said) ? said : [said]) as readonly Json[]) {
    if (!isObject(one)) throw unreadable(field, 'has objects with a list of models for each model')
    for (const [model, models] of Object.entries(one)) {
      if (!isNames(models)) throw unreadable(field, `must have a list of models for "${model}"`)
      lists.set(realName(model), models)
    }
  }
  return lists
}

function isNames(value: Json | undefined): value is readonly string[] {
  return Array.isArray(value) && value.every((one) => typeof one === 'string')
}

function flagOf(field: string, said: Json | undefined): boolean {
  if (said === undefined || said === null || typeof said === 'boolean') return said === true
  throw unreadable(field, 'must be true or false')
}

function unreadable(param: string, detail: string): GatewayError {
  return new GatewayError('bad_body', { param, detail: `\`${param}\` ${detail}` })
}
