import type { Router } from '@koa/router'
import { GatewayError } from '../errors/index.ts'
import { deploymentsIn, groupsOf } from './deployments.ts'
import type { AdminParts } from './parts.ts'
import { textParam } from './query.ts'
import { route } from './route.ts'

/** What is known of the models, in the shape of LiteLLM's proxy. No secret is in it. */
export function registerModels(router: Router, parts: AdminParts): void {
  route(router, '/model/info', {
    GET(ctx) {
      const id = textParam(ctx, 'litellm_model_id')
      const all = deploymentsIn(parts)
      const found = id === undefined ? all : all.filter(({ model_info: info }) => info['id'] === id)
      if (id !== undefined && found.length === 0) {
        throw new GatewayError('model_not_found', { detail: `none has the id "${id}"` })
      }
      ctx.body = { data: found }
    },
  })

  route(router, '/model_group/info', {
    GET(ctx) {
      const name = textParam(ctx, 'model_group')
      const groups = groupsOf(deploymentsIn(parts))
      const isAsked = (group: string): boolean => name === undefined || group === name
      ctx.body = { data: groups.filter(({ model_group: group }) => isAsked(group)) }
    },
  })
}
