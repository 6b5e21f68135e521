import type { Choice } from '../plugin/index.ts'
import type { Io } from './io.ts'
import { painter } from './paint.ts'
import { renderTable } from './table.ts'
import { fit, printable } from './text.ts'

/** The tokens of a choice, the first and the last `shown` of them, one a line. */
export function tokenLines(choice: Choice, shown: number, io: Io): string[] {
  const { token_ids: ids, logprobs, tokens } = choice
  const count = ids?.length ?? logprobs?.length ?? tokens?.length ?? 0
  if (count === 0) return []
  const paint = painter(io)
  const row = (at: number): string[] => [
    paint('dim', String(at)),
    String(ids?.[at] ?? '-'),
    logprobs?.[at]?.toFixed(4) ?? '-',
    tokens?.[at] === undefined || tokens[at] === null
      ? '-'
      : fit(printable(JSON.stringify(tokens[at])), 40),
  ]
  const columns = [
    { title: '#', align: 'right' },
    { title: 'ID', align: 'right' },
    { title: 'LOGPROB', align: 'right' },
    { title: 'TOKEN' },
  ] as const
  const all = count <= shown * 2
  const first = range(0, all ? count : shown)
  const last = all ? [] : range(count - shown, count)
  const lines = renderTable(columns, [...first, ...last].map(row), io)
  const hidden = count - first.length - last.length
  if (hidden > 0) lines.splice(first.length + 1, 0, paint('dim', `… ${hidden} more`))
  return lines
}

/** The sum of the logprobs and how many are unknown; null when the engine gave none. */
export function logprobSummary({ logprobs }: Choice): string | null {
  if (!logprobs || logprobs.length === 0) return null
  const known = logprobs.filter((value) => value !== null)
  if (known.length === 0) return 'all unknown'
  const sum = known.reduce((total, value) => total + value, 0)
  const unknown = logprobs.length - known.length
  const text = `sum ${sum.toFixed(4)}, mean ${(sum / known.length).toFixed(4)}`
  return unknown === 0 ? text : `${text}, ${unknown} unknown`
}

function range(start: number, end: number): number[] {
  return Array.from({ length: end - start }, (_, index) => start + index)
}
