import type { Trace } from '../../plugin/index.ts'
import { fail } from '../fail.ts'
import { openGateway, type Address } from '../gateway-client.ts'
import type { Io } from '../io.ts'
import { traceLines } from '../trace-view.ts'

export const RAW_PARTS: readonly string[] = ['request', 'sent', 'response', 'delivered']

export interface ShowOptions extends Address {
  readonly raw?: string
  readonly tokens: number
  readonly full?: boolean
  readonly json?: boolean
}

/** `sluice traces show`: one trace for reading, as JSON, or its exact bytes. */
export async function showTrace(id: string, options: ShowOptions, io: Io): Promise<void> {
  const { raw, tokens, full = false, json } = options
  const gateway = openGateway(options, io)
  const path = `traces/${encodeURIComponent(id)}`
  if (raw !== undefined) {
    if (!RAW_PARTS.includes(raw)) fail(io, `--raw ${raw} is none of ${RAW_PARTS.join(', ')}`)
    io.stdout.write(await gateway.bytes(`${path}/raw/${raw}`))
    return
  }
  const trace = await gateway.json<Trace>(path)
  const text = json ? JSON.stringify(trace) : traceLines(trace, { tokens, full }, io).join('\n')
  io.stdout.write(`${text}\n`)
}
