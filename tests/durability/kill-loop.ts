import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import type { TestContext } from 'node:test'
import { setTimeout as delay } from 'node:timers/promises'
import { startGateway } from '../support/gateway.ts'
import { createAuditor, type Faults } from './audit.ts'
import { startLoad } from './load.ts'
import { startLastingUpstream } from './upstream.ts'

const CLIENTS = 32
/** A new set of sessions after so many kills keeps a night's run linear. */
const KILLS_PER_SESSION = 8
/** An answer that is older than this when the process dies was not at risk any more. */
const AT_RISK_MS = 50

export interface KillReport {
  readonly faults: Faults
  readonly kills: number
  readonly acknowledged: number
  /** Calls that were under way at a kill, or had been answered within the last {@link AT_RISK_MS}. */
  readonly exposed: number
  readonly interrupted: number
  readonly refusals: readonly string[]
  /** What SQLite says about the file at the end. */
  readonly integrity: string
  readonly pendingRows: number
}

/**
 * Puts load on a gateway, kills it at a random moment, starts it again over the same file and looks
 * what became of every call; as often as told. The ledger is this process's memory.
 */
export async function killLoop(
  t: TestContext,
  kills: number,
  config: Record<string, unknown> = {},
): Promise<KillReport> {
  const dir = mkdtempSync(join(tmpdir(), 'sluice-kill-'))
  t.after(() => rmSync(dir, { recursive: true, force: true }))
  const upstream = await startLastingUpstream(t)
  const start = () =>
    startGateway(t, {
      dir,
      config: { upstreams: [{ url: upstream.url, kind: 'vllm', name: 'lasting' }], ...config },
    })
  const auditor = createAuditor()
  const sent = new Set<string>()
  const refusals: string[] = []
  let acknowledged = 0
  let exposed = 0
  let gateway = await start()
  for (let kill = 0; kill < kills; kill++) {
    const sessionOf = (client: number): string =>
      `kill-${Math.floor(kill / KILLS_PER_SESSION)}-${client}`
    const load = startLoad(gateway.url, { clients: CLIENTS, name: `k${kill}`, sessionOf })
    await delay(150 + Math.random() * 500)
    const killed = performance.now()
    exposed += load.inFlight
    await gateway.kill()
    await load.gone
    exposed += load.receipts.filter(({ at }) => killed - at < AT_RISK_MS).length
    acknowledged += load.receipts.length
    refusals.push(...load.refusals)
    for (const id of load.sent) sent.add(id)
    gateway = await start()
    const sessions = Array.from({ length: CLIENTS }, (_, client) => sessionOf(client))
    await auditor.sessions(gateway.url, sessions, sent)
    await auditor.receipts(gateway.url, load.receipts)
    auditor.upstream(await upstream.seen())
  }
  await gateway.stop()
  const interrupted = auditor.counts.get('interrupted') ?? 0
  const { faults } = auditor
  const told = `${kills} kills, ${acknowledged} answers in full, ${exposed} calls exposed, ${interrupted} interrupted, ${faults.lost.length} lost`
  t.diagnostic(told)
  return {
    faults,
    kills,
    acknowledged,
    exposed,
    interrupted,
    refusals,
    ...inspect(join(dir, 'traces.db')),
  }
}

function inspect(path: string): Pick<KillReport, 'integrity' | 'pendingRows'> {
  const db = new DatabaseSync(path, { readOnly: true })
  try {
    const integrity = db.prepare('PRAGMA integrity_check').all() as { integrity_check: string }[]
    const pending = db.prepare(`SELECT count(*) AS n FROM calls WHERE status = 'pending'`).get()
    return {
      integrity: integrity.map(({ integrity_check: line }) => line).join('\n'),
      pendingRows: Number(pending?.['n']),
    }
  } finally {
    db.close()
  }
}
