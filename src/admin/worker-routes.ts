import type { Router } from '@koa/router'
import { GatewayError } from '../errors/index.ts'
import type { JsonObject } from '../plugin/index.ts'
import type { NewWorker } from '../upstream/index.ts'
import { readBody } from './body.ts'
import type { AdminParts } from './parts.ts'
import { route } from './route.ts'

/** Workers, as rLLM calls upstreams: list, register, remove, and how they are. */
export function registerWorkers(router: Router, { workers }: AdminParts): void {
  route(router, '/admin/workers', {
    GET(ctx) {
      ctx.body = workers.list()
    },
    async POST(ctx) {
      const { worker_id, url, api_path } = await workers.add(newWorker(await readBody(ctx)))
      ctx.body = { worker_id, url, api_path }
    },
  })

  route(router, '/admin/workers/:id', {
    async DELETE(ctx) {
      const id = ctx.params['id'] ?? ''
      if (!(await workers.remove(id))) throw new GatewayError('worker_not_found')
      ctx.body = { removed: id }
    },
  })

  route(router, '/health/workers', {
    GET(ctx) {
      const list = workers.list()
      const healthy = list.filter((worker) => worker.healthy).length
      ctx.body = { workers: list, healthy, total: list.length }
    },
  })
}

/**
 * The fields with the types they must have; null counts as absent. What they may say is for the
 * registry to judge.
 */
function newWorker(body: JsonObject): NewWorker {
  const worker_id = field(body, 'worker_id', 'string')
  const api_path = field(body, 'api_path', 'string')
  const model_name = field(body, 'model_name', 'string')
  const weight = field(body, 'weight', 'number')
  const url = field(body, 'url', 'string')
  if (url === undefined || url === '') throw badField('url', 'is missing')
  return {
    url,
    ...(worker_id === undefined ? {} : { worker_id }),
    ...(api_path === undefined ? {} : { api_path }),
    ...(model_name === undefined ? {} : { model_name }),
    ...(weight === undefined ? {} : { weight }),
  }
}

function field(body: JsonObject, name: string, type: 'string'): string | undefined
function field(body: JsonObject, name: string, type: 'number'): number | undefined
function field(body: JsonObject, name: string, type: string): unknown {
  const value = body[name] ?? undefined
  if (value === undefined || typeof value === type) return value
  throw badField(name, `is no ${type}`)
}

function badField(name: string, defect: string): GatewayError {
  return new GatewayError('bad_worker', { detail: `${name} ${defect}`, param: name })
}
