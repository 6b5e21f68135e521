import type { Router } from '@koa/router'
import { GatewayError } from '../errors/index.ts'
import type { WireRecord } from '../plugin/index.ts'
import { deliveredBytes } from '../trace/delivered.ts'
import { readBody, textsField } from './body.ts'
import { answerList } from './listing.ts'
import type { AdminParts } from './parts.ts'
import { flagParam, range, rangeParams, statusParam, textParam } from './query.ts'
import { route } from './route.ts'
import { tracesOf } from './trace-list.ts'

const DEFAULT_LIMIT = 100

/** Traces: list as summaries, read one, read its bytes, read those of many sessions. */
export function registerTraces(router: Router, { store }: AdminParts): void {
  route(router, '/traces', {
    async GET(ctx) {
      const session_id = textParam(ctx, 'session_id')
      const cursor = textParam(ctx, 'cursor')
      const status = statusParam(ctx)
      ctx.body = await store.listSummaries({
        limit: DEFAULT_LIMIT,
        ...rangeParams(ctx),
        ...(session_id === undefined ? {} : { session_id }),
        ...(cursor === undefined ? {} : { cursor }),
        ...(status === undefined ? {} : { status }),
        pending: flagParam(ctx, 'pending'),
      })
    },
  })

  route(router, '/traces/query', {
    async POST(ctx) {
      const body = await readBody(ctx)
      const ids = textsField(body, 'session_ids')
      const each = range(body['since'] ?? undefined, body['limit'] ?? undefined)
      await answerList(
        ctx,
        (async function* () {
          for (const id of ids) yield* tracesOf(store, id, each)
        })(),
      )
    },
  })

  route(router, '/traces/:id', {
    async GET(ctx) {
      const trace = await store.getTrace(ctx.params['id'] ?? '')
      if (!trace) throw new GatewayError('trace_not_found')
      ctx.body = trace
    },
  })

  route(router, '/traces/:id/raw/:part', {
    async GET(ctx) {
      const read = PARTS.get(ctx.params['part'] ?? '')
      if (!read) {
        const detail = `the bytes of a trace are ${[...PARTS.keys()].join(', ')}`
        throw new GatewayError('route_not_found', { detail })
      }
      const wire = await store.getWire(ctx.params['id'] ?? '')
      if (!wire) throw new GatewayError('trace_not_found')
      // Bytes of strangers: no browser may take them for a page.
      ctx.set('x-content-type-options', 'nosniff')
      ctx.type = 'application/octet-stream'
      ctx.body = Buffer.from(read(wire))
    },
  })
}

type ReadBytes = (wire: WireRecord) => Uint8Array

const PARTS: ReadonlyMap<string, ReadBytes> = new Map<string, ReadBytes>([
  ['request', (wire) => wire.received],
  ['sent', (wire) => wire.sent ?? wire.received],
  ['response', (wire) => wire.response],
  ['delivered', deliveredBytes],
])
