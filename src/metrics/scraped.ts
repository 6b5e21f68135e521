import type { Families, Labels } from './families.ts'
import { deploymentsOf, type MeteredUpstream, type PlaceNames } from './upstream-labels.ts'

/** What is asked anew for each scrape. */
export interface Scraped {
  readonly inFlight: number
  readonly upstreams: readonly MeteredUpstream[]
  readonly store: { readonly commits: number; readonly rows: number; readonly queued: number }
}

/** How many upstreams a scrape shows one by one. */
const MOST_UPSTREAMS = 500
/** How many of their models, all in all: each is a line, and all are written in one go. */
const MOST_DEPLOYMENTS = 5_000

/** Makes the families that show how things are now; the answer tells them. */
export function createScraped({ told }: Families, names: PlaceNames): (now: Scraped) => void {
  const PLACE = ['litellm_model_name', 'model_id', 'api_base', 'api_provider']
  const gauge = (name: string, help: string, labels?: readonly string[]) =>
    told('gauge', name, help, labels)
  const state = gauge('litellm_deployment_state', '0: takes calls, 2: is left out.', PLACE)
  const calls = gauge('litellm_in_flight_requests', 'Calls under way.')
  const up = gauge('sluice_upstream_healthy', '1: takes calls, 0: is left out.', ['upstream'])
  const load = gauge('sluice_upstream_in_flight', 'Calls under way at an upstream.', ['upstream'])
  const workers = gauge('sluice_workers', 'Upstreams of the gateway, by state.', ['state'])
  const queued = gauge('sluice_store_queued_bytes', 'Bytes waiting to be committed.')
  const commits = told('counter', 'sluice_store_commits_total', 'Commits of the store.')
  const rows = told('counter', 'sluice_store_rows_total', 'Writes in those commits.')
  const memory = gauge('process_resident_memory_bytes', 'Memory of the process.')
  const cpu = told('counter', 'process_cpu_seconds_total', 'Processor time of the process.')

  /** Deployments that share their labels, such as `other`, are as bad as the worst of them. */
  function states(shown: readonly MeteredUpstream[]): readonly (readonly [Labels, number])[] {
    const found = new Map<string, readonly [Labels, number]>()
    for (const one of shown) {
      const most = MOST_DEPLOYMENTS - found.size
      for (const labels of deploymentsOf(one, names, most)) {
        const key = Object.values(labels).join('|')
        if (!one.healthy || !found.has(key)) found.set(key, [labels, one.healthy ? 0 : 2])
      }
    }
    return [...found.values()]
  }

  return ({ inFlight, upstreams, store }) => {
    const shown = upstreams.slice(0, MOST_UPSTREAMS)
    const healthy = upstreams.filter((upstream) => upstream.healthy).length
    const labelled = shown.map((one): [Labels, MeteredUpstream] => [
      { upstream: names.places.learn(one.name) },
      one,
    ])
    state(states(shown))
    calls([[{}, inFlight]])
    up(labelled.map(([labels, one]) => [labels, one.healthy ? 1 : 0]))
    load(labelled.map(([labels, one]) => [labels, one.inFlight]))
    workers([
      [{ state: 'healthy' }, healthy],
      [{ state: 'unhealthy' }, upstreams.length - healthy],
    ])
    queued([[{}, store.queued]])
    commits([[{}, store.commits]])
    rows([[{}, store.rows]])
    memory([[{}, process.memoryUsage.rss()]])
    const { user, system } = process.cpuUsage()
    cpu([[{}, (user + system) / 1e6]])
  }
}
