import { randomUUID } from 'node:crypto'
import type { Router, RouterContext } from '@koa/router'
import { GatewayError } from '../errors/index.ts'
import { checkSessionId, sessionPath } from '../trace/session-id.ts'
import { objectField, readBody, textsField } from './body.ts'
import { answerList, eachItem, linkNext } from './listing.ts'
import type { AdminParts } from './parts.ts'
import { rangeParams, textParam } from './query.ts'
import { route } from './route.ts'
import { answerTraces } from './trace-list.ts'

// A session id may hold slashes; what follows an unencoded /v1 is a call and not for this API.
const ID = String.raw`((?:(?!/v1(?:/|$)).)+?)`
const TRACES_OF_SESSION = new RegExp(String.raw`^/sessions/${ID}/traces/?$`)
const SESSION = new RegExp(String.raw`^/sessions/${ID}/?$`)
const PAGE = 1000

/** Sessions: create, list, read, delete. */
export function registerSessions(router: Router, { store }: AdminParts): void {
  route(router, '/sessions', {
    async GET(ctx) {
      const { since, limit } = rangeParams(ctx)
      const cursor = textParam(ctx, 'cursor')
      const newer = since === undefined ? {} : { since }
      const read = (size: number, from?: string) =>
        store.listSessions({
          ...newer,
          limit: size,
          ...(from === undefined ? {} : { cursor: from }),
        })
      if (limit === undefined) return answerList(ctx, eachItem(read, PAGE, undefined, cursor))
      const page = await read(limit, cursor)
      linkNext(ctx, page.cursor)
      ctx.body = page.items
    },
    async POST(ctx) {
      const body = await readBody(ctx)
      const id = idField(body['session_id'])
      const metadata = objectField(body, 'metadata')
      const sampling_params = objectField(body, 'sampling_params')
      await store.putSession({
        session_id: id,
        ...(metadata ? { metadata } : {}),
        ...(sampling_params ? { sampling_params } : {}),
      })
      ctx.body = { session_id: id, url: `${sessionPath(id)}/v1` }
    },
  })

  // Not through `route`: a session may be named batch_delete, and its other methods are below.
  router.post('/sessions/batch_delete', async (ctx) => {
    const ids = textsField(await readBody(ctx), 'session_ids')
    let deleted = 0
    for (const id of ids) deleted += await store.deleteSession(id)
    ctx.body = { deleted }
  })

  route(router, TRACES_OF_SESSION, {
    GET: (ctx) => answerTraces(ctx, store, idOf(ctx)),
  })

  route(
    router,
    SESSION,
    {
      async GET(ctx) {
        const session = await store.getSession(idOf(ctx))
        if (!session) throw new GatewayError('session_not_found')
        ctx.body = session
      },
      async DELETE(ctx) {
        ctx.body = { deleted: await store.deleteSession(idOf(ctx)) }
      },
    },
    'calls go to /sessions/<id>/v1/…',
  )
}

function idOf(ctx: RouterContext): string {
  const raw = ctx.captures?.[0] ?? ''
  try {
    return checkSessionId(decodeURIComponent(raw), 'the session in the path')
  } catch (cause) {
    if (cause instanceof GatewayError) throw cause
    throw new GatewayError('bad_request', { detail: 'the URL is not percent-encoded UTF-8', cause })
  }
}

function idField(value: unknown): string {
  if (value === undefined || value === null) return randomUUID()
  if (typeof value === 'string') return checkSessionId(value, 'session_id')
  throw new GatewayError('bad_session', {
    detail: 'session_id is not a string',
    param: 'session_id',
  })
}
