import { createWriteStream } from 'node:fs'
import { rename, rm } from 'node:fs/promises'
import { Transform } from 'node:stream'
import { pipeline } from 'node:stream/promises'
import type { Page, TraceSummary } from '../../trace/index.ts'
import { checkSessionId } from '../../trace/session-id.ts'
import { openGateway, type GatewayClient, type Address } from '../gateway-client.ts'
import type { Io } from '../io.ts'

const PAGE = 500

export interface ExportOptions extends Address {
  readonly session?: string
  readonly out?: string
  readonly json?: boolean
}

/**
 * `sluice traces export`: whole traces as JSON lines, of one session or of all, each trace once. A
 * file appears under its name only when it is complete.
 */
export async function exportTraces(options: ExportOptions, io: Io): Promise<void> {
  const { session, out, json } = options
  const gateway = openGateway(options, io)
  const lines = session === undefined ? everyTrace(gateway) : tracesOf(gateway, session)
  const counter = countLines()
  const partial = `${out}.partial`
  try {
    if (out === undefined) await pipeline(lines, counter.stream, io.stdout, { end: false })
    else await pipeline(lines, counter.stream, createWriteStream(partial))
  } catch (error) {
    if (out !== undefined) await rm(partial, { force: true })
    gateway.explain(error)
  }
  if (out !== undefined) await rename(partial, out)
  const traces = counter.lines()
  const where = out === undefined ? '' : ` to ${out}`
  const plural = traces === 1 ? 'trace' : 'traces'
  io.stderr.write(json ? `${JSON.stringify({ traces })}\n` : `wrote ${traces} ${plural}${where}\n`)
}

function tracesOf(gateway: GatewayClient, session: string): NodeJS.ReadableStream {
  // An id such as `..` would make this the path of something else.
  const id = checkSessionId(session, '--session')
  return gateway.stream(`sessions/${encodeURIComponent(id)}/traces`, { format: 'jsonl' })
}

// By trace and not by session, because a trace may be in many sessions.
async function* everyTrace(gateway: GatewayClient): AsyncGenerator<Uint8Array> {
  let cursor: string | null | undefined
  do {
    const page: Page<TraceSummary> = await gateway.json('traces', {
      limit: PAGE,
      cursor: cursor ?? undefined,
    })
    for (const { trace_id } of page.items) {
      yield await gateway.bytes(`traces/${encodeURIComponent(trace_id)}`)
      yield Buffer.from('\n')
    }
    cursor = page.cursor
  } while (cursor !== null)
}

function countLines(): { readonly stream: Transform; lines(): number } {
  let count = 0
  const stream = new Transform({
    transform(bytes: Buffer, _encoding, done) {
      for (let at = bytes.indexOf(10); at >= 0; at = bytes.indexOf(10, at + 1)) count++
      done(null, bytes)
    },
  })
  return { stream, lines: () => count }
}
