import { GatewayError } from '../errors/index.ts'
import type { StateFile, StoredWorker } from '../shared/index.ts'
import type { HttpUpstream, Joining, UpstreamSet, WorkerInfo, Workers } from '../upstream/index.ts'
import { checkWorker, type CheckedWorker } from './check-worker.ts'
import { freeName, idFrom } from './worker-names.ts'

export interface WorkersOptions {
  readonly upstreams: UpstreamSet
  readonly state: Pick<StateFile, 'workers' | 'setWorkers'>
  readonly makeUpstream: (worker: StoredWorker) => Joining
  /** True for the gateway's own address. */
  readonly isSelf: (url: URL) => boolean
}

/**
 * The workers of a gateway. Those that were registered earlier join at once; one whose id is also the
 * configuration's takes that one's place, as it did when it was registered.
 *
 * @throws {GatewayError} `config_invalid` when the state file holds a worker that cannot be used
 */
export function createWorkers({ upstreams, state, makeUpstream, isSelf }: WorkersOptions): Workers {
  let turn: Promise<unknown> = Promise.resolve()
  for (const worker of state.workers) {
    checkStored(worker)
    upstreams.add(makeUpstream(worker))
  }

  /** One change after the other: each goes by what the one before has left. */
  function inTurn<Result>(change: () => Promise<Result>): Promise<Result> {
    const next = turn.then(change)
    turn = next.catch(() => {}) // Whoever asked for it hears of it.
    return next
  }

  async function keep(workers: readonly StoredWorker[]): Promise<void> {
    try {
      await state.setWorkers(workers)
    } catch (cause) {
      throw new GatewayError('state_unwritable', { cause, owner: 'state' })
    }
  }

  function stored(id: string): StoredWorker | undefined {
    return state.workers.find((one) => one.worker_id === id)
  }

  async function join(checked: CheckedWorker): Promise<HttpUpstream> {
    const list = upstreams.list()
    const same = list.find((one) => isSame(one, checked))
    const id = checked.worker_id ?? same?.id ?? freeId(checked, list)
    const worker: StoredWorker = { ...checked, worker_id: id }
    // A worker of the configuration is kept there.
    if (!same || stored(id)) {
      await keep([...state.workers.filter((one) => one.worker_id !== id), worker])
    }
    if (same) {
      same.weigh(worker.weight)
      return same
    }
    const joining = makeUpstream(worker)
    upstreams.add(joining)
    return joining.upstream
  }

  return {
    list: () => upstreams.list().map(infoOf),
    async add(worker) {
      const checked = checkWorker(worker, isSelf)
      return infoOf(await inTurn(() => join(checked)))
    },
    remove(id) {
      const isThere = upstreams.remove(id)
      return inTurn(async () => {
        const isStored = stored(id) !== undefined
        if (isStored) await keep(state.workers.filter((one) => one.worker_id !== id))
        // It may just have been joining.
        return upstreams.remove(id) || isThere || isStored
      })
    },
  }
}

/** People may edit the state file. */
function checkStored(worker: StoredWorker): void {
  try {
    checkWorker(worker, () => false)
  } catch (cause) {
    const why = cause instanceof Error ? cause.message : String(cause)
    throw new GatewayError('config_invalid', { detail: `the state file: ${why}`, cause })
  }
}

function isSame(upstream: HttpUpstream, worker: CheckedWorker): boolean {
  return (
    (worker.worker_id === null || worker.worker_id === upstream.id) &&
    upstream.url + upstream.apiPath === worker.url + worker.api_path &&
    modelOf(upstream) === worker.model_name
  )
}

function freeId({ url }: CheckedWorker, list: readonly HttpUpstream[]): string {
  return freeName(idFrom(new URL(url).host), new Set(list.map(({ id }) => id)), '~')
}

function infoOf(upstream: HttpUpstream): WorkerInfo {
  return {
    worker_id: upstream.id,
    url: upstream.url,
    api_path: upstream.apiPath,
    model_name: modelOf(upstream),
    weight: upstream.weight,
    healthy: upstream.healthy,
    active_requests: upstream.inFlight,
  }
}

function modelOf({ models }: HttpUpstream): string | null {
  return models?.length === 1 ? (models[0] ?? null) : null
}
