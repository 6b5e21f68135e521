import assert from 'node:assert/strict'
import { once } from 'node:events'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { test, type TestContext } from 'node:test'
import Koa from 'koa'
import { koaBody } from 'koa-body'
import type { JsonObject } from '../../src/plugin/index.ts'
import { chat, completion, embedded } from './setup.ts'

const handler = (): JsonObject => completion('ab') as JsonObject

async function serve(t: TestContext, app: Koa): Promise<string> {
  const handle = app.callback()
  const server = createServer((request, response) => void handle(request, response)).listen(
    0,
    '127.0.0.1',
  )
  t.after(() => server.close())
  await once(server, 'listening')
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}`
}

test('an app that mounts the middleware keeps its own routes and gets the gateway’s', async (t) => {
  const gateway = await embedded(t, { handler })
  const app = new Koa()
  app.use(gateway.middleware)
  app.use((ctx) => {
    if (ctx.path !== '/mine') return
    ctx.body = { mine: ctx.method }
  })
  const url = await serve(t, app)
  assert.deepEqual(await (await fetch(`${url}/mine`, { method: 'POST', body: 'x' })).json(), {
    mine: 'POST',
  })
  assert.equal((await fetch(`${url}/nowhere`)).status, 404)
  assert.equal((await chat(`${url}/sessions/s/v1/chat/completions`, {})).status, 200)
  const traces = (await (await fetch(`${url}/sessions/s/traces`)).json()) as unknown[]
  assert.equal(traces.length, 1)
  const wrong = await fetch(`${url}/admin/store`, { method: 'DELETE' })
  assert.equal(
    wrong.status,
    405,
    'a wrong method on a route of the gateway is the gateway’s to answer',
  )
})

test('errors of the app that mounts it stay the app’s own', async (t) => {
  const gateway = await embedded(t, { handler })
  const app = new Koa()
  app.silent = true
  app.use(async (ctx, next) => {
    try {
      await next()
    } catch (thrown) {
      ctx.status = 418
      ctx.body = String(thrown)
    }
  })
  app.use(gateway.middleware)
  app.use(() => {
    throw new Error('mine to handle')
  })
  const url = await serve(t, app)
  const reply = await fetch(`${url}/mine`)
  assert.equal(reply.status, 418)
  assert.match(await reply.text(), /mine to handle/)
})

test('behind a body parser a call is refused with the reason, not left hanging', async (t) => {
  const gateway = await embedded(t, { handler })
  const app = new Koa()
  app.use(koaBody())
  app.use(gateway.middleware)
  const url = await serve(t, app)
  const reply = await chat(`${url}/v1/chat/completions`, {})
  assert.equal(reply.status, 500)
  assert.match(await reply.text(), /in front of body parsers/)
})

test('plugins are ready before the first call of a mounted gateway', async (t) => {
  const order: string[] = []
  const gateway = await embedded(t, {
    handler,
    plugins: [
      {
        plugin: {
          name: 'watcher',
          setup: () => ({
            ready: () => void order.push('ready'),
            params: () => void order.push('params'),
          }),
        },
      } as never,
    ],
  })
  const app = new Koa()
  app.use(gateway.middleware)
  const url = await serve(t, app)
  await Promise.all([
    chat(`${url}/v1/chat/completions`, {}),
    chat(`${url}/v1/chat/completions`, {}),
  ])
  assert.deepEqual(order, ['ready', 'params', 'params'])
})

test('closing waits for the calls under way, also where another server took them', async (t) => {
  const answer = Promise.withResolvers<JsonObject>()
  const began = Promise.withResolvers<void>()
  const gateway = await embedded(t, {
    handler() {
      began.resolve()
      return answer.promise
    },
  })
  const app = new Koa()
  app.use(gateway.middleware)
  const url = await serve(t, app)
  const call = chat(`${url}/sessions/late/v1/chat/completions`, {})
  await began.promise
  const closed = gateway.close()
  answer.resolve(handler())
  assert.equal((await call).status, 200)
  await closed
})
