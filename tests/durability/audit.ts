import type { Trace } from 'sluice/plugin'
import { sha256, type Receipt } from './load.ts'

/** What was found wrong, one line each. All of them empty is the promise kept. */
export interface Faults {
  /** Answered in full, but the trace is missing or not complete. */
  readonly lost: string[]
  /** Answered in full, but other bytes are stored than were received. */
  readonly altered: string[]
  /** Sessions whose turns are not numbered 1, 2, 3, … */
  readonly gaps: string[]
  /** Calls the upstream saw and the store does not know. */
  readonly unmentioned: string[]
  /** Traces still under way although the process that had them is dead. */
  readonly pending: string[]
  /** Traces of calls that nobody made, or more than one for a call. */
  readonly invented: string[]
}

/** Reads a restarted gateway's store through its API and holds it against what others remember. */
export interface Auditor {
  readonly faults: Faults
  /** Traces by status. */
  readonly counts: Map<string, number>
  /** The traces of the calls of these sessions that were not looked at before. */
  sessions(url: string, ids: readonly string[], sent: ReadonlySet<string>): Promise<void>
  receipts(url: string, receipts: readonly Receipt[]): Promise<void>
  /** Calls that the upstream answered; to be asked after their sessions were looked at. */
  upstream(requestIds: readonly string[]): void
}

export function createAuditor(): Auditor {
  const faults: Faults = {
    lost: [],
    altered: [],
    gaps: [],
    unmentioned: [],
    pending: [],
    invented: [],
  }
  const counts = new Map<string, number>()
  const known = new Set<string>()
  const mentioned = new Set<string>()

  async function session(url: string, id: string, sent: ReadonlySet<string>): Promise<void> {
    const query = new URLSearchParams({ session_id: id, pending: '1', limit: '100000' })
    const { items } = (await json(`${url}/traces?${query.toString()}`)) as {
      items: readonly { trace_id: string; seq: number; status: string }[]
    }
    const turns = items.map(({ seq }) => seq)
    if (turns.some((seq, at) => seq !== at + 1)) faults.gaps.push(`${id}: ${turns.join(' ')}`)
    for (const { trace_id: trace, status } of items) {
      if (known.has(trace)) continue
      known.add(trace)
      counts.set(status, (counts.get(status) ?? 0) + 1)
      if (status === 'pending') faults.pending.push(trace)
      const { request_id: request } = (await json(`${url}/traces/${trace}`)) as Trace
      if (!sent.has(request) || mentioned.has(request)) faults.invented.push(`${trace}: ${request}`)
      mentioned.add(request)
    }
  }

  async function receipt(url: string, { traceId, requestId, sha256: hash }: Receipt) {
    const trace = (await json(`${url}/traces/${traceId}`)) as Trace | null
    if (trace?.status !== 'complete') {
      faults.lost.push(`${requestId}: ${trace ? trace.status : 'no trace'}`)
      return
    }
    const reply = await fetch(`${url}/traces/${traceId}/raw/delivered`)
    if (sha256(new Uint8Array(await reply.arrayBuffer())) !== hash) faults.altered.push(requestId)
  }

  return {
    faults,
    counts,
    async sessions(url, ids, sent) {
      await Promise.all(ids.map((id) => session(url, id, sent)))
    },
    async receipts(url, receipts) {
      const queue = receipts.values()
      await Promise.all(
        Array.from({ length: 8 }, async () => {
          for (const each of queue) await receipt(url, each)
        }),
      )
    },
    upstream(requestIds) {
      faults.unmentioned.push(...requestIds.filter((id) => !mentioned.has(id)))
    },
  }
}

/** Null for what is not there. */
async function json(url: string): Promise<unknown> {
  const reply = await fetch(url)
  if (reply.status === 404) return null
  if (!reply.ok) throw new Error(`${url}: ${reply.status} ${await reply.text()}`)
  return reply.json()
}
