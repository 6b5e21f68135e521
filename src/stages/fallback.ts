import type { FailureKind } from '../upstream/index.ts'
import type { Fallbacks, ForwardOptions } from './forward-options.ts'
import type { Fallback, Plan } from './plan.ts'

/** Failures whose stand-ins differ; the last one stands for all others. */
const WITH_OWN_LISTS = ['context_window', 'content_policy', 'internal_server'] as const

/**
 * Whom to ask when a model has failed. What the caller says comes before what is configured, and that
 * only for the model it asked for. A prompt that is too long, or that the model will not answer, has a
 * list of its own; where that is configured and does not know the model, nobody is asked.
 */
export function fallbacksFor(
  plan: Plan,
  model: string,
  kind: FailureKind,
  options: ForwardOptions,
): readonly Fallback[] {
  if (!plan.mayFallBack) return []
  if (plan.fallbacks && model === plan.model) return plan.fallbacks
  const own = ownList(kind, options)
  const models =
    own && own.size > 0
      ? listed(own, model)
      : (listed(options.fallbacks, model) ?? options.defaultFallbacks)
  return (models ?? []).map((name) => ({ model: options.aliases.get(name) ?? name, params: {} }))
}

/** Every model that may be asked instead of the first, whatever fails. */
export function standInsFor(plan: Plan, options: ForwardOptions): readonly Fallback[] {
  const found = new Map<string, Fallback>()
  const follow = (model: string): void => {
    for (const kind of WITH_OWN_LISTS) {
      for (const fallback of fallbacksFor(plan, model, kind, options)) {
        if (found.has(fallback.model)) continue
        found.set(fallback.model, fallback)
        follow(fallback.model)
      }
    }
  }
  follow(plan.model)
  return [...found.values()]
}

function ownList(kind: FailureKind, options: ForwardOptions): Fallbacks | null {
  if (kind === 'context_window') return options.contextWindowFallbacks
  if (kind === 'content_policy') return options.contentPolicyFallbacks
  return null
}

/** By the model's name, by the name without a provider before it, or for every model. */
function listed(fallbacks: Fallbacks, model: string): readonly string[] | undefined {
  const bare = model.slice(model.indexOf('/') + 1)
  return fallbacks.get(model) ?? fallbacks.get(bare) ?? fallbacks.get('*')
}
