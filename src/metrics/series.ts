import type { Caller } from './caller.ts'
import type { Labels } from './families.ts'
import { OTHER } from './label-values.ts'

/** What was asked for, where it went and how it ended: the labels that most families share. */
export interface SeriesOf {
  readonly requested_model: string
  readonly model: string
  /** Name of the upstream. */
  readonly model_id: string
  readonly api_base: string
  readonly api_provider: string
  readonly route: string
  readonly status_code: string
}

/** Combinations of labels that get series of their own; each has up to a hundred lines of text. */
const MOST_SERIES = 500

/**
 * The labels of a call under every name that a family may want them by, the same object for the same
 * values. Values are few each, but their combinations may not be: when there are too many, all new
 * ones are counted together as `other`.
 */
export function createSeries(): (place: SeriesOf, caller: Caller) => Labels {
  const known = new Map<string, Labels>()
  const others = new Map<string, Labels>()
  return (place, caller) => {
    const key = keyOf(place, caller)
    const found = known.get(key)
    if (found) return found
    if (known.size >= MOST_SERIES) return otherThan(place)
    const labels = named(place, caller)
    known.set(key, labels)
    return labels
  }

  function otherThan({ route, status_code }: SeriesOf): Labels {
    const key = `${route}|${status_code}`
    const found = others.get(key)
    if (found) return found
    const labels = named({ ...OTHER_PLACE, route, status_code }, OTHER_CALLER)
    others.set(key, labels)
    return labels
  }
}

/** Label values hold no bars. */
function keyOf(place: SeriesOf, caller: Caller): string {
  const { requested_model, model, model_id, api_base, route, status_code } = place
  const { hashed_api_key, team, user, end_user } = caller
  return `${requested_model}|${model}|${model_id}|${api_base}|${route}|${status_code}|${hashed_api_key}|${team}|${user}|${end_user}`
}

function named(place: SeriesOf, caller: Caller): Labels {
  return {
    ...caller,
    ...place,
    litellm_model_name: place.model,
    model_group: place.requested_model,
  }
}

const OTHER_PLACE = {
  requested_model: OTHER,
  model: OTHER,
  model_id: OTHER,
  api_base: OTHER,
  api_provider: OTHER,
}

const OTHER_CALLER: Caller = {
  end_user: OTHER,
  hashed_api_key: OTHER,
  api_key_alias: OTHER,
  team: OTHER,
  team_alias: OTHER,
  user: OTHER,
  user_email: OTHER,
}
