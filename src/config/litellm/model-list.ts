import { isDeepStrictEqual } from 'node:util'
import { invalid, type Values } from '../document.ts'
import { credentialsOf, type Source } from './credentials.ts'
import { readDeployments, type Deployment } from './deployment.ts'
import type { Draft } from './draft.ts'

/** What the other sections say about all deployments. */
export interface ForAll {
  readonly defaults: readonly Source[]
  /** Paths whose variable is not set, joined by dots. */
  readonly absent: ReadonlySet<string>
  /** A deployment that cannot be used ends the start; otherwise it is left out. */
  readonly strict: boolean
}

/**
 * Reads `model_list`: each deployment joins `upstreams`. Those of one name are one group: they serve the
 * same model. Deployments that differ in their model alone are one upstream with several models.
 *
 * @throws GatewayError `config_invalid` for an entry that is none
 */
export function readModelList(draft: Draft, { defaults, absent, strict }: ForAll): void {
  const { document } = draft
  const { model_list: list } = document.values
  if (list === undefined || list === null) return
  if (!Array.isArray(list)) {
    throw invalid(`${document.placeOf(['model_list'])} model_list must be a list`)
  }
  const given = draft.at(['upstreams']) ?? []
  // What is wrong with a list that is none is told by the check of the schema.
  if (!Array.isArray(given)) return
  const context = { draft, defaults, absent, credentials: credentialsOf(document) }
  const found = list.flatMap((entry: unknown, index) => {
    const read = readDeployments(context, entry, index)
    if (typeof read !== 'string') return read
    const path = ['model_list', index]
    if (strict) throw invalid(`${document.placeOf(path)} ${document.nameOf(path)}: ${read}`)
    draft.warn(path, `is left out: ${read}`)
    return []
  })
  const deployments = together(found)
  for (const [at, { upstream, path, origins }] of deployments.entries()) {
    const place = ['upstreams', given.length + at]
    draft.put(place, upstream, path)
    for (const origin of origins.toReversed()) {
      if (typeof origin.from !== 'string') draft.came([...place, ...origin.path], origin.from)
    }
  }
}

/** Deployments of different models that are alike in all else, as one. */
function together(deployments: readonly Deployment[]): readonly Deployment[] {
  const found: Deployment[] = []
  // Comparing each with each would take seconds where there are thousands.
  const placesAt = new Map<string, number[]>()
  for (const deployment of deployments) {
    const { url, api_key: key } = deployment.upstream
    const server = JSON.stringify([url, key])
    const places = placesAt.get(server) ?? []
    const at = places.find((place) => areAlike(found[place], deployment))
    const before = at === undefined ? undefined : found[at]
    if (at === undefined || !before) {
      places.push(found.length)
      placesAt.set(server, places)
      found.push(deployment)
      continue
    }
    const models = [...modelsOf(before.upstream), ...modelsOf(deployment.upstream)]
    found[at] = { ...before, upstream: { ...before.upstream, models } }
  }
  return found
}

/** What belongs to one model alone: a name of its own, its name at the server, a limit. */
const OF_ONE_MODEL = ['worker_id', 'send_model', 'rpm', 'tpm', 'max_parallel_requests'] as const

function areAlike(before: Deployment | undefined, { upstream: other }: Deployment): boolean {
  const one = before?.upstream
  if (!one || OF_ONE_MODEL.some((key) => key in one)) return false
  if (!('models' in one && 'models' in other)) return false
  const models = modelsOf(one)
  if (modelsOf(other).some((model) => models.includes(model))) return false
  return isDeepStrictEqual({ ...one, models: [] }, { ...other, models: [] })
}

function modelsOf({ models }: Values): readonly string[] {
  return Array.isArray(models) ? (models as string[]) : []
}
