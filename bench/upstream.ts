/**
 * The fixed end of every measurement: answers each call with the same bytes, made beforehand. Run as
 * `upstream.ts <payload>`; prints its URL. A call to a path with `?gap=20` gets its stream with 20 ms
 * between two tokens, and is told in `x-first-token-at` when the first one left.
 */
import { createServer, type ServerResponse } from 'node:http'
import { listen } from './listen.ts'
import { ENDING_EVENTS, writesOf } from './payloads.ts'

const writes = writesOf(process.argv[2] ?? '')
const pacedUntil = writes.length - ENDING_EVENTS

const headers =
  writes.length === 1
    ? { server: 'uvicorn', 'content-type': 'application/json', 'content-length': writes[0]?.length }
    : { server: 'uvicorn', 'content-type': 'text/event-stream; charset=utf-8' }

const server = createServer({ keepAliveTimeout: 75_000 }, (request, response) => {
  const gapMs = Number(request.url?.split('?gap=')[1] ?? 0)
  request.resume()
  request.once('end', () => {
    // The head leaves with the first event. CLOCK_MONOTONIC is the same in every process of a machine.
    const sent = gapMs > 0 ? { 'x-first-token-at': String(process.hrtime.bigint()) } : {}
    response.writeHead(200, { ...headers, ...sent })
    writeFrom(response, 0, gapMs)
  })
})

/** Each event goes out by itself: writes of one turn of the event loop would leave together. */
function writeFrom(response: ServerResponse, index: number, gapMs: number): void {
  if (response.destroyed) return
  const next = index + 1
  if (next === writes.length) return void response.end(writes[index])
  response.write(writes[index])
  if (gapMs > 0 && next <= pacedUntil) setTimeout(writeFrom, gapMs, response, next, gapMs)
  else setImmediate(writeFrom, response, next, gapMs)
}

await listen(server)
