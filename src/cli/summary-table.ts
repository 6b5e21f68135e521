import type { TraceSummary } from '../trace/index.ts'
import type { Io } from './io.ts'
import { painter, type Paint, type Style } from './paint.ts'
import { renderTable, type Column } from './table.ts'
import { fit, printable, widthOf } from './text.ts'

const GAP = 2
const STATUS_WIDTH = 8
const STATUS_STYLE: ReadonlyMap<string, Style> = new Map([
  ['complete', 'green'],
  ['pending', 'cyan'],
  ['partial', 'yellow'],
  ['interrupted', 'yellow'],
  ['error', 'red'],
])

interface Field extends Column {
  readonly width: number
  cell(summary: TraceSummary, paint: Paint): string
}

const FIXED: readonly Field[] = [
  { title: 'TURN', align: 'right', width: 4, cell: ({ seq }) => String(seq) },
  {
    title: 'STATUS',
    width: STATUS_WIDTH,
    cell: ({ status }, paint) => paint(styleOf(status), fit(status, STATUS_WIDTH)),
  },
  { title: 'IN', align: 'right', width: 5, cell: (summary) => short(summary.prompt_tokens) },
  { title: 'OUT', align: 'right', width: 5, cell: (summary) => short(summary.completion_tokens) },
]
const TRACE: Field = {
  title: 'TRACE',
  width: 36,
  cell: (summary, paint) => paint('dim', fit(printable(summary.trace_id), 36)),
}

// Shown where the terminal is wide enough, in this order.
const OPTIONAL: readonly Field[] = [
  { title: 'TIME', align: 'right', width: 7, cell: (summary) => duration(summary.latency_ms) },
  { title: 'MODEL', width: 18, cell: ({ model }) => fit(printable(model) || '-', 18) },
  { title: 'BEGAN', width: 19, cell: ({ timestamp }, paint) => paint('dim', moment(timestamp)) },
]
const SESSION_WIDTH = { least: 8, wished: 24 } as const

/**
 * Trace summaries as lines that fit the terminal; the session takes what the other columns leave. The
 * widths depend on the terminal alone, so tables printed one after the other line up.
 */
export function summaryLines(rows: readonly TraceSummary[], io: Io, header = true): string[] {
  const paint = painter(io)
  const fields = [...FIXED]
  const room = (): number => io.columns - widthSum(fields) - GAP * (fields.length + 1) - TRACE.width
  for (const field of OPTIONAL) {
    if (room() - field.width - GAP >= SESSION_WIDTH.wished) fields.push(field)
  }
  const width = Math.min(Math.max(room(), SESSION_WIDTH.least), 40)
  const session: Field = {
    title: 'SESSION',
    width,
    cell: ({ session_id }) => fit(printable(session_id), width),
  }
  const columns = [session, ...fields, TRACE]
  const cells = rows.map((row) => columns.map((column) => column.cell(row, paint)))
  return renderTable(columns, cells, io, header)
}

/** The colour of a status. */
export function styleOf(status: string): Style {
  return STATUS_STYLE.get(status) ?? 'dim'
}

export function duration(ms: number | null): string {
  if (ms === null) return '-'
  return ms < 9999.5 ? `${Math.round(ms)} ms` : `${(ms / 1000).toFixed(1)} s`
}

/** Local date and time, to the second. */
export function moment(seconds: number): string {
  return new Date(seconds * 1000).toLocaleString('sv-SE')
}

function short(count: number | null): string {
  if (count === null) return '-'
  return count < 100_000 ? String(count) : `${Math.round(count / 1000)}k`
}

function widthSum(fields: readonly Field[]): number {
  return fields.reduce((sum, { title, width }) => sum + Math.max(width, widthOf(title)), 0)
}
