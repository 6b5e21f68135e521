import type { Router, RouterContext } from '@koa/router'
import { providerOf } from '../metrics/index.ts'
import type { AdminParts, UpstreamStatus } from './parts.ts'
import { createReadiness } from './readiness.ts'
import { route } from './route.ts'

/**
 * How the gateway is, for rLLM (`status`), for LiteLLM's tools (`healthy_endpoints` and so on) and for
 * whoever starts and stops processes. Nothing here calls a model: what is known of upstreams comes from
 * their probes and from the calls they answered.
 */
export function registerHealth(router: Router, parts: AdminParts): void {
  const readiness = createReadiness(parts.store)

  route(router, '/health', {
    GET(ctx) {
      const upstreams = parts.upstreams.list()
      ctx.body = {
        status: 'ok',
        version: parts.version,
        uptime_seconds: Math.floor((Date.now() - parts.startedAt) / 1000),
        store: parts.store.name,
        upstreams: {
          total: upstreams.length,
          healthy: upstreams.filter(({ healthy }) => healthy).length,
        },
        ...endpoints(upstreams, modelIn(ctx), parts),
      }
    },
  })

  for (const path of ['/health/liveliness', '/health/liveness']) {
    route(router, path, {
      GET(ctx) {
        ctx.body = JSON.stringify("I'm alive!")
        ctx.type = 'json'
      },
    })
  }

  route(router, '/health/readiness', {
    async GET(ctx) {
      const failure = parts.draining() ? 'shutting_down' : await readiness()
      const isKept = parts.store.durability !== 'none'
      if (failure !== null) ctx.status = 503
      ctx.body = {
        status: failure !== null ? 'unhealthy' : isKept ? 'connected' : 'healthy',
        db: failure === null && isKept ? 'connected' : 'Not connected',
        cache: parts.cache?.replies.kind ?? null,
        store: parts.store.name,
        version: parts.version,
        ...(failure === null ? {} : { error: failure }),
      }
    },
  })
}

/** LiteLLM's list of deployments: one for each model of each upstream. */
function endpoints(
  upstreams: readonly UpstreamStatus[],
  model: string | null,
  parts: Pick<AdminParts, 'whyOut'>,
): object {
  const healthy: object[] = []
  const unhealthy: object[] = []
  for (const upstream of upstreams) {
    const { name, url, kind, models } = upstream
    for (const one of models ?? ['*']) {
      if (model !== null && one !== model && one !== '*') continue
      const endpoint = { model: `${providerOf(kind)}/${one}`, api_base: url, model_id: name }
      if (upstream.healthy) healthy.push(endpoint)
      else unhealthy.push({ ...endpoint, error: parts.whyOut(upstream) ?? 'it is left out' })
    }
  }
  return {
    healthy_endpoints: healthy,
    unhealthy_endpoints: unhealthy,
    healthy_count: healthy.length,
    unhealthy_count: unhealthy.length,
  }
}

/** The model that is asked about; null for all. */
function modelIn({ query }: RouterContext): string | null {
  return typeof query['model'] === 'string' ? query['model'] : null
}
