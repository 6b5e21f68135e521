import { setImmediate as nextTurn, setTimeout as sleep } from 'node:timers/promises'
import type { ServerResponse } from 'node:http'
import { ApiError } from './api-error.ts'
import type { Exchange } from './exchange.ts'
import { cutOf, type CutFault } from './faults.ts'
import type { Generation } from './engine.ts'
import { untilDue } from './pacing.ts'

/** Events that leave together, and the token of a choice that makes them due. */
export interface Step {
  readonly tokens: number
  readonly events: readonly string[]
}

/** Steps that are written at once at full speed: fewer system calls, yet others get their turn. */
const STEPS_PER_TURN = 16

/**
 * Streams events as they fall due, at the speed the client reads, until the end, a fault or the
 * client's leaving. Answers how the stream ended.
 */
export const deliverStream = async (
  exchange: Exchange,
  generation: Generation,
  steps: Iterable<Step>,
): Promise<'done' | 'cut' | 'gone'> => {
  const { response, controls, engine } = exchange
  const cut = cutOf(controls.fault)
  const write = controls.fault?.kind === 'slow-drip' ? writeSlowly : writeAll
  response.writeHead(200, { 'content-type': 'text/event-stream; charset=utf-8' })
  let pending = ''
  let events = 0
  let unwritten = 0
  for (const step of steps) {
    const wait = untilDue(engine, generation, controls, step.tokens)
    if (wait !== undefined || unwritten >= STEPS_PER_TURN) {
      await write(response, pending)
      pending = ''
      unwritten = 0
      await (wait ?? nextTurn())
    }
    if (response.destroyed) return 'gone'
    engine.firstToken(generation)
    for (const event of step.events) {
      if (events === cut?.after) {
        await write(response, pending)
        await strike(response, cut, event)
        return 'cut'
      }
      pending += event
      events++
    }
    unwritten++
  }
  await write(response, controls.fault?.kind === 'no-done' ? pending : `${pending}data: [DONE]\n\n`)
  response.end()
  return response.destroyed ? 'gone' : 'done'
}

/** Sends a body that is complete, or what a fault leaves of it. */
export const deliverBody = async (exchange: Exchange, body: string): Promise<'done' | 'cut'> => {
  const { response, controls } = exchange
  const bytes = Buffer.from(body)
  const cut = cutOf(controls.fault)
  if (cut?.kind === 'error-event-after') throw engineFailure()
  response.writeHead(200, { 'content-type': 'application/json', 'content-length': bytes.length })
  if (cut !== null) {
    const half = Math.floor(bytes.length / 2)
    await writeAll(response, bytes.subarray(0, half))
    await strike(response, cut, '')
    return 'cut'
  }
  if (controls.fault?.kind === 'slow-drip') {
    await writeSlowly(response, body)
    response.end()
  } else {
    response.end(bytes)
  }
  return 'done'
}

/** Writes, then waits while the client's side is full. */
const writeAll = async (response: ServerResponse, data: string | Buffer): Promise<void> => {
  if (data.length === 0 || response.destroyed || response.write(data)) return
  const { promise, resolve } = Promise.withResolvers<void>()
  const proceed = (): void => {
    response.off('drain', proceed)
    response.off('close', proceed)
    resolve()
  }
  response.on('drain', proceed)
  response.on('close', proceed)
  await promise
}

/** Seven bytes at a time: no event and few characters arrive in one piece. */
const DRIP_BYTES = 7

const writeSlowly = async (response: ServerResponse, data: string): Promise<void> => {
  const bytes = Buffer.from(data)
  for (let at = 0; at < bytes.length && !response.destroyed; at += DRIP_BYTES) {
    await writeAll(response, bytes.subarray(at, at + DRIP_BYTES))
    await sleep(1)
  }
}

const strike = async (response: ServerResponse, cut: CutFault, next: string): Promise<void> => {
  // A reset throws away what the kernel has not sent, so everything before it must be on its way.
  await new Promise<void>((resolve) => {
    response.write(cut.kind === 'fin-mid-event' ? next.slice(0, next.length >> 1) : '', () =>
      resolve(),
    )
  })
  switch (cut.kind) {
    case 'reset-after':
      response.socket?.resetAndDestroy()
      return
    case 'fin-after':
    case 'fin-mid-event':
      // Ends the connection without HTTP's own end mark, as a killed server does.
      response.socket?.destroySoon()
      return
    case 'end-after':
      response.end()
      return
    case 'error-event-after':
      response.end(`${errorEvent()}data: [DONE]\n\n`)
      return
    case 'stall-after':
  }
}

const engineFailure = (): ApiError =>
  new ApiError(500, 'InternalServerError', 'EngineCore encountered an issue.')

/** Printed with Python's default separators, unlike every other event. */
const errorEvent = (): string => {
  const { message, type, status } = engineFailure()
  return `data: {"error": {"message": "${message}", "type": "${type}", "param": null, "code": ${status}}}\n\n`
}
