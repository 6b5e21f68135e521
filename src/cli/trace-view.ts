import type { Checks, CostDetails, Trace } from '../plugin/index.ts'
import { decimal } from '../util/decimal.ts'
import type { Io } from './io.ts'
import { readMessage } from './message-text.ts'
import { painter, type Paint } from './paint.ts'
import { duration, moment, styleOf } from './summary-table.ts'
import { printable, wrap } from './text.ts'
import { logprobSummary, tokenLines } from './token-table.ts'

export interface ViewOptions {
  /** Tokens shown at each end of a choice. */
  readonly tokens: number
  /** Show every message and every line of it. */
  readonly full: boolean
}

const NAME_WIDTH = 11
const SHOWN_MESSAGES = 6
const SHOWN_LINES = 12

/** Who says what a call cost. */
const SOURCES: Readonly<Record<CostDetails['source'], string>> = {
  upstream: 'by the price of its upstream',
  prices: 'by the price of its model',
  list: 'by the price list',
  cache: 'from the cache',
}

/** A trace for reading: what it is, what was said, its tokens, and what is odd about it. */
export function traceLines(trace: Trace, { tokens, full }: ViewOptions, io: Io): string[] {
  const paint = painter(io)
  const row = (name: string, text: string, style?: 'yellow' | 'red'): string[] =>
    wrap(text, io.columns - NAME_WIDTH - 2).map((line, index) => {
      const label = paint('dim', (index === 0 ? name : '').padEnd(NAME_WIDTH))
      return `  ${label}${style ? paint(style, line) : line}`
    })
  const said = (message: Trace['messages'][number]): string[] =>
    readMessage(message).flatMap(([name, text]) =>
      shorten(row(name.slice(0, 10), text), full, paint),
    )

  const messages = full ? trace.messages : trace.messages.slice(-SHOWN_MESSAGES)
  const earlier = trace.messages.length - messages.length
  const several = trace.choices.length > 1
  return [
    `${paint('bold', printable(trace.trace_id))}  ${paint(styleOf(trace.status), trace.status)}`,
    ...facts(trace).flatMap(([name, text]) => row(name, text)),
    ...checkRow(trace.checks, row),
    ...trace.warnings.flatMap((warning) => row('warning', warning, 'yellow')),
    '',
    ...(earlier > 0
      ? [`  ${paint('dim', `… ${earlier} earlier messages (--full shows all)`)}`]
      : []),
    ...messages.flatMap(said),
    ...trace.choices.flatMap((choice) => [
      '',
      ...(several ? [`  ${paint('bold', `choice ${choice.index}`)}`] : []),
      ...said(choice.message),
      ...(choice.flags.length > 0 ? row('flags', choice.flags.join(', '), 'yellow') : []),
      ...row('finish', choice.finish_reason ?? '-'),
      ...row('logprobs', logprobSummary(choice) ?? 'none given'),
      '',
      ...tokenLines(choice, tokens, io).map((line) => `  ${line}`),
    ]),
  ]
}

function facts(trace: Trace): (readonly [string, string])[] {
  const { upstream, token_counts: counts, session_ids: sessions } = trace
  const others = sessions.filter((id) => id !== trace.session_id)
  const model = trace.model || '-'
  const answered = trace.response_model
  const failures = trace.attempts.filter(({ error }) => error !== null).length
  const metadata = Object.keys(trace.metadata).length > 0
  const rows: (readonly [string, string | null])[] = [
    [
      'session',
      `${trace.session_id}, turn ${trace.seq}${others.length > 0 ? `; also ${others.join(', ')}` : ''}`,
    ],
    ['reason', trace.reason],
    [
      'call',
      `${trace.dialect}${trace.streaming ? ', streamed' : ''}, HTTP ${trace.http_status ?? '-'}`,
    ],
    ['model', answered && answered !== model ? `${model}, answered as ${answered}` : model],
    [
      'upstream',
      upstream && `${upstream.name} ${upstream.url}${upstream.simulated ? ', SIMULATED' : ''}`,
    ],
    ['attempts', failures > 0 ? `${trace.attempts.length}, ${failures} failed` : null],
    ['began', moment(trace.timestamp)],
    [
      'took',
      `${duration(trace.latency_ms)}${trace.ttft_ms === null ? '' : `, first token after ${duration(trace.ttft_ms)}`}`,
    ],
    ['tokens', `${counts.prompt ?? '-'} in, ${counts.completion ?? '-'} out`],
    ['cost', cost(trace)],
    ['weights', weights(trace)],
    [
      'changed',
      trace.changes.map((change) => `${change.keys.join(', ')} by ${change.plugin}`).join('; ') ||
        null,
    ],
    ['metadata', metadata ? JSON.stringify(trace.metadata) : null],
  ]
  return rows.flatMap(([name, text]) => (text === null ? [] : [[name, text] as const]))
}

function cost({ cost: dollars, cost_details: details }: Trace): string | null {
  if (dollars === null) return null
  const why = details && SOURCES[details.source]
  const isEstimated = details?.estimated === true
  return `$${decimal(dollars)}${why ? `, ${why}` : ''}${isEstimated ? ', estimated' : ''}`
}

function weights({ weight_version: first, weight_version_end: last }: Trace): string | null {
  if (first === null) return null
  return last === null || last === first
    ? `version ${first}`
    : `version ${first}, at the end ${last}`
}

function checkRow(
  checks: Checks,
  row: (name: string, text: string, style?: 'yellow') => string[],
): string[] {
  const results = [
    ['ids = usage', checks.ids_match_usage],
    ['prompt = usage', checks.prompt_matches_usage],
    ['logprobs aligned', checks.logprobs_aligned],
    ['extends last turn', checks.extends_last_turn],
  ] as const
  const wrong = results.filter(([, held]) => held === false).map(([name]) => name)
  const right = results.filter(([, held]) => held === true).map(([name]) => name)
  return [
    ...(right.length > 0 ? row('checked', right.join(', ')) : []),
    ...(wrong.length > 0 ? row('not so', wrong.join(', '), 'yellow') : []),
  ]
}

function shorten(lines: readonly string[], full: boolean, paint: Paint): readonly string[] {
  if (full || lines.length <= SHOWN_LINES) return lines
  const hidden = lines.length - SHOWN_LINES
  const note = paint('dim', `… ${hidden} more lines (--full shows all)`)
  return [...lines.slice(0, SHOWN_LINES), `  ${' '.repeat(NAME_WIDTH)}${note}`]
}
