import { GatewayError } from '../errors/index.ts'
import type { Identity } from '../ledger/index.ts'
import { starsOf } from '../util/model-patterns.ts'
import { modelsIn } from './asked-fallbacks.ts'
import type { Exchange } from './exchange.ts'
import type { Plan } from './plan.ts'

/** Lists that stand for others, in LiteLLM's words. */
const ALL_MODELS = 'all-proxy-models'
const MODELS_OF_TEAM = 'all-team-models'
const NO_MODELS = 'no-default-models'

/** Who is denied a model, and what may be asked instead. */
interface Denial {
  readonly who: 'key' | 'team' | 'user'
  readonly models: readonly string[]
}

/** True where the caller may ask this model: its key, and the team or else the user of that. */
export function mayAsk(identity: Identity, model: string): boolean {
  return denialOf(identity, model) === null
}

/** The model that a key means by a name. */
export function meantBy(identity: Identity, name: string): string {
  if (identity.role !== 'key' || !Object.hasOwn(identity.key.aliases, name)) return name
  return identity.key.aliases[name] ?? name
}

/**
 * Turns a call away whose key may not ask its model, or one that the caller wants asked instead. The
 * name it was asked by may be allowed, or the model that the configuration has by that name.
 *
 * @throws {GatewayError} `model_not_allowed`
 */
export function checkModels({ identity, call, recorded }: Exchange, plan: Plan): void {
  if (identity.role !== 'key') return
  if (plan.model === '') {
    // Which model it gets is the server's choice. Looking and deleting asks none.
    const denial = recorded && call.method !== 'DELETE' ? denialOf(identity, '') : null
    if (denial) throw denied(denial, 'the default of a server, as the call names no model')
    return
  }
  if (!mayAsk(identity, plan.name)) {
    const denial = denialOf(identity, plan.model)
    if (denial) throw denied(denial, plan.name)
  }
  for (const model of modelsIn(plan)) {
    const denial = denialOf(identity, model)
    if (denial) throw denied(denial, model)
  }
}

function denialOf(identity: Identity, model: string): Denial | null {
  if (identity.role !== 'key') return null
  const { key, user, team } = identity
  const ofKey = key.models.flatMap((name) => (name === MODELS_OF_TEAM && team ? team.models : name))
  // A list that stands for a team's empty one stands for all.
  const isOpen = team?.models.length === 0 && key.models.includes(MODELS_OF_TEAM)
  if (!isOpen && !isListed(ofKey, model)) return { who: 'key', models: ofKey }
  if (team) return isListed(team.models, model) ? null : { who: 'team', models: team.models }
  if (user && !isListed(user.models, model)) return { who: 'user', models: user.models }
  return null
}

function isListed(models: readonly string[], model: string): boolean {
  if (models.length === 0) return true
  return models.some(
    (pattern) =>
      pattern !== NO_MODELS && (pattern === ALL_MODELS || starsOf(pattern, model) !== null),
  )
}

/** In LiteLLM's words, with the list as Python writes it. */
function denied({ who, models }: Denial, asked: string): GatewayError {
  const list = models.map((model) => `'${model}'`).join(', ')
  return new GatewayError('model_not_allowed', {
    param: 'model',
    text:
      `${who} not allowed to access model. This ${who} can only access models=[${list}]. ` +
      `Tried to access ${asked}`,
  })
}
