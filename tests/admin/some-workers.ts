import type { NewWorker, WorkerInfo, Workers } from '../../src/upstream/index.ts'

/** A registry that believes everything, and notes what it was asked to add. */
export function someWorkers(
  ...given: readonly WorkerInfo[]
): Workers & { readonly added: readonly NewWorker[] } {
  const workers = new Map(given.map((worker) => [worker.worker_id, worker]))
  const added: NewWorker[] = []
  return {
    added,
    list: () => [...workers.values()],
    async add(worker) {
      added.push(worker)
      const info = {
        ...aWorker(worker.worker_id ?? 'w1'),
        url: worker.url,
        api_path: worker.api_path ?? '/v1',
        model_name: worker.model_name ?? null,
        weight: worker.weight ?? 1,
      }
      workers.set(info.worker_id, info)
      return info
    },
    remove: async (id) => workers.delete(id),
  }
}

export function aWorker(worker_id: string, healthy = true): WorkerInfo {
  return {
    worker_id,
    url: 'http://127.0.0.1:8000',
    api_path: '/v1',
    model_name: null,
    weight: 1,
    healthy,
    active_requests: 0,
  }
}
