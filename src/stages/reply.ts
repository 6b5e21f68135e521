import { asGatewayError, GatewayError } from '../errors/index.ts'
import { chunkBytes, chunkEdits, dropEdits } from '../wire/chunk.ts'
import { expectedChoices } from '../wire/dialect.ts'
import { errorEvent } from '../wire/error-body.ts'
import { framingFor, type Frame } from '../wire/frames.ts'
import { createOutcome } from '../wire/outcome.ts'
import type { Answer } from './ask-model.ts'
import { commit } from './commit.ts'
import type { Exchange } from './exchange.ts'

import type { Outlet } from './outlet.ts'
import type { Parts } from './parts.ts'
import { createRecorder, type Ended } from './recorder.ts'

/** Ends of a stream that no engine means: the transport stopped before the terminator. */
const CUT_REASONS: ReadonlySet<string | null> = new Set([
  'no_terminator',
  'broken_event',
  'upstream_reset',
])

/** Errors by which an upstream ends an answer that it had begun. */
const BREAKS: ReadonlySet<string> = new Set(['upstream_reset', 'upstream_protocol'])

/**
 * Carries an answer from its upstream to the caller, frame by frame, and records it on the way. The
 * frames pass as they come; from the one that finishes the last open choice they are held until the
 * trace is committed. A single body is one frame, and so is held whole. Never rejects: what goes wrong
 * is recorded and told to the outlet.
 */
export async function carry(
  exchange: Exchange,
  { reply, attempt }: Answer,
  outlet: Outlet,
  parts: Parts,
): Promise<void> {
  const { call } = exchange
  const { eventBytes, responseBytes } = parts.limits
  const framing = framingFor(reply.headers['content-type'], {
    maxEventBytes: eventBytes,
    maxBodyBytes: responseBytes,
  })
  const shape = parts.forwarding.litellm ? 'litellm' : 'openai'
  const outcome = createOutcome(call.dialect, expectedChoices(call.dialect, exchange.sentParams))
  const taps = parts.host.taps(call, attempt)
  const recorder = createRecorder(exchange, framing.stream, parts)
  const held: Uint8Array[] = []
  let holding = false
  let grace: NodeJS.Timeout | undefined
  let early: Promise<void> | undefined
  /** The finish was committed and is with the caller: whatever comes now, the answer was complete. */
  let released = false
  let ended = false

  if (framing.stream) outlet.open()
  try {
    await read()
    clearTimeout(grace)
    await early
    if (!ended) await finish(verdict(true))
  } catch (thrown) {
    clearTimeout(grace)
    await early?.catch(() => {})
    await breakOff(thrown)
  }

  /** Reads the reply to its end: the end of the body, or a terminator, after which nothing counts. */
  async function read(): Promise<void> {
    try {
      for await (const bytes of reply.body) {
        exchange.firstFrameMs ??= exchange.elapsed()
        recorder.receive(bytes)
        const sent = pass(framing.push(bytes))
        if (sent) await sent
      }
    } catch (thrown) {
      const isOver = ended || (outcome.terminated && exchange.error === null)
      if (!isOver) throw thrown
    }
    const sent = pass(framing.end())
    if (sent) await sent
  }

  /** Shows frames to the taps and sends what they leave of them, or holds it. */
  function pass(frames: readonly Frame[]): Promise<void> | undefined {
    const out: Uint8Array[] = []
    for (const frame of frames) {
      if (!framing.stream) recorder.whole(frame.bytes)
      const bytes = edited(frame)
      const ends = outcome.see(frame) || !framing.stream
      holding ||= ends
      if (holding) exchange.heldSinceMs ??= exchange.elapsed()
      if (bytes) (holding ? held : out).push(bytes)
    }
    if (framing.stream && held.length > 0) waitForRest()
    return out.length === 0 ? undefined : outlet.write(joined(out))
  }

  function edited(frame: Frame): Uint8Array | null {
    if (frame.broken || frame.afterDone) {
      recorder.edited(dropEdits(frame))
      return null
    }
    if (!frame.chunk) return frame.bytes
    taps.observe(frame.chunk)
    if (taps.passive) return frame.bytes
    const chunk = taps.edit(frame.chunk)
    if (chunk === frame.chunk) return frame.bytes
    recorder.edited(chunk === null ? dropEdits(frame) : chunkEdits(chunk, frame))
    return chunk === null ? null : chunkBytes(chunk)
  }

  /** What is held leaves with the trace, at the end of the reply or when the upstream is quiet. */
  function waitForRest(): void {
    grace ??= setTimeout(() => {
      early = releaseEarly(early)
      early.catch((thrown: unknown) => exchange.abort(asGatewayError(thrown)))
    }, parts.timeouts.graceMs)
  }

  /**
   * The last choice is finished but the upstream is quiet, with a usage chunk or its terminator still
   * to come, or its connection still open: commit what is there and let it go. What comes after it is
   * held anew and makes another save of the same trace.
   */
  async function releaseEarly(earlier: Promise<void> | undefined): Promise<void> {
    await earlier
    grace = undefined
    const isOver = outcome.terminated
    const ready = held.splice(0)
    await commit(exchange, recorder.trace(verdict(true), taps), parts, isOver)
    if (ready.length > 0) await outlet.write(joined(ready))
    released = true
    if (!isOver) return
    // An upstream that keeps its connection open after the end is not waited for.
    ended = true
    outlet.end()
    exchange.abort(new GatewayError('upstream_stalled', { detail: 'the reply was over' }))
  }

  function verdict(cleanEof: boolean): Ended {
    const { status, reason } = outcome.verdict({
      cleanEof,
      stream: framing.stream,
      httpStatus: reply.status,
    })
    return { status, reason, warnings: outcome.warnings() }
  }

  async function finish(ended: Ended): Promise<void> {
    const isCut = framing.stream && CUT_REASONS.has(ended.reason)
    parts.upstreams.ended(attempt.upstream, isCut ? ended.reason : null)
    await commit(exchange, recorder.trace(ended, taps), parts, true)
    if (isCut) return cutShort(ended)
    if (held.length > 0) await outlet.write(joined(held.splice(0)))
    outlet.end()
  }

  /** A truncated reply must look truncated: an error event, no terminator, the connection cut. */
  function cutShort({ reason }: Ended): void {
    const error = new GatewayError('upstream_reset', { detail: reason ?? 'cut' })
    exchange.error ??= error
    outlet.fail(error, errorEvent(error, shape))
  }

  function brokenBy(error: GatewayError): Ended {
    if (released) return { ...verdict(true), warnings: [...outcome.warnings(), error.code] }
    const warnings = [...outcome.warnings(), ...(held.length > 0 ? ['ending_withheld'] : [])]
    return { status: 'partial', reason: error.code, warnings }
  }

  /** The upstream, the caller, a limit or the store broke the call off. */
  async function breakOff(thrown: unknown): Promise<void> {
    const error = exchange.error ?? asGatewayError(thrown)
    exchange.error = error
    exchange.abort(error)
    if (BREAKS.has(error.code)) parts.upstreams.ended(attempt.upstream, error.message)
    const withheld = error.code === 'capture_unavailable'
    if (!withheld) {
      for (const frame of framing.end()) {
        outcome.see(frame)
        recorder.edited(dropEdits(frame)) // Received and kept, but never shown to the caller.
      }
      await commit(exchange, recorder.trace(brokenBy(error), taps), parts, true).catch(() => {})
      if (released) return outlet.end() // Its finish is out, and it was the end of what was said.
    }
    const told = await parts.host.error(error, call)
    outlet.fail(told, framing.stream ? errorEvent(told, shape) : undefined)
  }
}

function joined(parts: readonly Uint8Array[]): Uint8Array {
  const only = parts[0]
  return parts.length === 1 && only ? only : Buffer.concat(parts)
}
