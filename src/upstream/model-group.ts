import { literal, mostSpecific, starsOf } from '../util/model-patterns.ts'

/** Those that serve a model, by how they were found. */
export interface Group<Member> {
  /** They name it, or the most specific pattern that fits it. */
  readonly named: readonly Member[]
  /** They serve any model. */
  readonly unnamed: readonly Member[]
}

interface Serving {
  readonly upstream: { readonly models: readonly string[] | null }
}

/**
 * Who serves a model: those that name it; if none does, those with the most specific pattern that fits,
 * which is the one with the most letters beside its `*`; and behind them those that serve any. The empty
 * model is served by all.
 */
export function groupOf<Member extends Serving>(
  members: Iterable<Member>,
  model: string,
): Group<Member> {
  const exact: Member[] = []
  const unnamed: Member[] = []
  let fitting: Member[] = []
  let best = -1
  for (const member of members) {
    const { models } = member.upstream
    if (model === '' || models?.includes(model)) exact.push(member)
    else if (models === null) unnamed.push(member)
    else {
      const letters = lettersOf(models, model)
      if (letters > best) [fitting, best] = [[], letters]
      if (letters >= 0 && letters === best) fitting.push(member)
    }
  }
  return { named: exact.length > 0 ? exact : fitting, unnamed }
}

/**
 * The name under which a server knows the model: each `*` of `sendModel` is what stood for one of the
 * pattern through which it was found, the last one for any more.
 *
 * @param models what the upstream serves; null: every one, where `*` is the whole model
 */
export function nameOnServer(
  sendModel: string | null,
  models: readonly string[] | null,
  model: string,
): string {
  if (sendModel === null) return model
  if (model === '') return sendModel.includes('*') ? model : sendModel
  if (!sendModel.includes('*') || models?.includes(model)) return sendModel
  const stars = starsOf(mostSpecific(models ?? ['*'], model) ?? '*', model) ?? [model]
  let next = 0
  return sendModel.replaceAll('*', () => stars[Math.min(next++, stars.length - 1)] ?? '')
}

function lettersOf(patterns: readonly string[], model: string): number {
  const best = mostSpecific(patterns, model)
  return best === undefined ? -1 : literal(best)
}
