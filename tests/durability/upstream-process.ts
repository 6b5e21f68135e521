import { createServer, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import { setTimeout as pace } from 'node:timers/promises'
import { completion, DONE, roleEvent, tokenEvent, usageEvent } from '../support/events.ts'

/**
 * A model server in a process of its own, which outlives every gateway in front of it. It answers
 * each call with text of that call alone, at an uneven pace, and remembers whom it answered.
 * `GET /seen` tells which request ids came in since it was last asked.
 */
const TOKENS = 6
const LONGEST_PAUSE_MS = 12

let seen: string[] = []

const server = createServer((request, response) => {
  if (request.url === '/seen') {
    response.end(JSON.stringify(seen))
    seen = []
    return
  }
  const parts: Buffer[] = []
  request.on('data', (part: Buffer) => parts.push(part))
  request.on('end', () => {
    const id = String(request.headers['x-request-id'])
    seen.push(id)
    const body = Buffer.concat(parts).toString()
    void (body.includes('"stream":true') ? stream(response, id) : single(response, id))
  })
})

async function stream(response: ServerResponse, id: string): Promise<void> {
  response.writeHead(200, { 'content-type': 'text/event-stream' })
  response.write(roleEvent([1, 2, 3]))
  for (let token = 0; token < TOKENS; token++) {
    await pace(Math.random() * LONGEST_PAUSE_MS)
    const last = token === TOKENS - 1
    response.write(
      tokenEvent(`${id}:${token} `, { ids: [100 + token], ...(last ? { finish: 'stop' } : {}) }),
    )
  }
  response.end(usageEvent(3, TOKENS) + DONE)
}

async function single(response: ServerResponse, id: string): Promise<void> {
  await pace(Math.random() * LONGEST_PAUSE_MS * TOKENS)
  response.writeHead(200, { 'content-type': 'application/json' })
  response.end(completion(`all of ${id}`))
}

server.listen(0, '127.0.0.1', () => {
  process.stdout.write(`http://127.0.0.1:${(server.address() as AddressInfo).port}\n`)
})
