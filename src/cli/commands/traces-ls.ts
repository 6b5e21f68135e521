import type { Page, TraceSummary } from '../../trace/index.ts'
import { openGateway, type GatewayClient, type Query, type Address } from '../gateway-client.ts'
import type { Io } from '../io.ts'
import { painter } from '../paint.ts'
import { summaryLines } from '../summary-table.ts'

const PAGE = 1000

export interface ListOptions extends Address {
  readonly session?: string
  readonly status?: string
  readonly limit: number
  readonly json?: boolean
}

/** `sluice traces ls`: the newest traces, the last one at the bottom. */
export async function listTraces(options: ListOptions, io: Io): Promise<void> {
  const { session, status, limit, json } = options
  const rows = await newest(openGateway(options, io), { session_id: session, status }, limit)
  if (json) {
    io.stdout.write(`${JSON.stringify(rows)}\n`)
  } else if (rows.length === 0) {
    io.stdout.write(`${painter(io)('dim', 'no traces')}\n`)
  } else {
    io.stdout.write(`${summaryLines(rows, io).join('\n')}\n`)
  }
}

// The API lists oldest first; summaries are small, so walking to the end is cheap.
async function newest(
  gateway: GatewayClient,
  query: Query,
  count: number,
): Promise<readonly TraceSummary[]> {
  let kept: TraceSummary[] = []
  let cursor: string | null | undefined
  do {
    const page: Page<TraceSummary> = await gateway.json('traces', {
      ...query,
      limit: PAGE,
      cursor: cursor ?? undefined,
    })
    kept = [...kept, ...page.items].slice(-count)
    cursor = page.cursor
  } while (cursor !== null)
  return kept
}
