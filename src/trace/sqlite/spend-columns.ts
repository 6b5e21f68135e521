import type { SpendRow } from '../spend.ts'
import type { Cell } from './jobs.ts'
import { readTextKey, textKey } from './text-key.ts'

/** The columns of the spend table, in the order of {@link spendCells}. */
export const SPEND_COLUMNS = [
  'request_id',
  'started_at',
  'ended_at',
  'call_type',
  'model',
  'model_group',
  'model_id',
  'api_base',
  'provider',
  'has_caller',
  'key_hash',
  'key_alias',
  'user_id',
  'team_id',
  'team_alias',
  'end_user',
  'session_id',
  'status',
  'prompt_tokens',
  'completion_tokens',
  'duration_ms',
  'ttft_ms',
  'spend',
  'cache_hit',
  'cache_key',
  'tags',
] as const

export type SpendRecord = Readonly<Record<(typeof SPEND_COLUMNS)[number], Cell>>

export function spendCells(row: SpendRow): readonly Cell[] {
  const { caller, tags } = row
  return [
    textKey(row.request_id),
    row.started_at,
    row.ended_at,
    row.call_type,
    textKey(row.model),
    textKey(row.model_group),
    textKey(row.model_id),
    textKey(row.api_base),
    row.provider,
    caller ? 1 : 0,
    optional(caller?.key_hash),
    optional(caller?.key_alias),
    optional(caller?.user_id),
    optional(caller?.team_id),
    optional(caller?.team_alias),
    optional(caller?.end_user),
    textKey(row.session_id),
    row.status,
    row.prompt_tokens,
    row.completion_tokens,
    row.duration_ms,
    row.ttft_ms,
    row.spend,
    row.cache_hit ? 1 : 0,
    optional(row.cache_key),
    // JSON escapes what a column cannot hold.
    tags.length === 0 ? null : JSON.stringify(tags),
  ]
}

export function readSpend(record: SpendRecord): SpendRow {
  const text = (column: keyof SpendRecord): string => readTextKey(record[column] as string)
  const textOrNull = (column: keyof SpendRecord): string | null =>
    record[column] === null ? null : text(column)
  return {
    request_id: text('request_id'),
    started_at: record.started_at as number,
    ended_at: record.ended_at as number,
    call_type: text('call_type'),
    model: text('model'),
    model_group: text('model_group'),
    model_id: text('model_id'),
    api_base: text('api_base'),
    provider: text('provider'),
    caller: record.has_caller
      ? {
          key_hash: textOrNull('key_hash'),
          key_alias: textOrNull('key_alias'),
          user_id: textOrNull('user_id'),
          team_id: textOrNull('team_id'),
          team_alias: textOrNull('team_alias'),
          end_user: textOrNull('end_user'),
        }
      : null,
    session_id: text('session_id'),
    status: record.status as SpendRow['status'],
    prompt_tokens: record.prompt_tokens as number,
    completion_tokens: record.completion_tokens as number,
    duration_ms: record.duration_ms as number,
    ttft_ms: record.ttft_ms as number | null,
    spend: record.spend as number,
    cache_hit: record.cache_hit === 1,
    cache_key: textOrNull('cache_key'),
    tags: record.tags === null ? [] : (JSON.parse(record.tags as string) as string[]),
  }
}

function optional(text: string | null | undefined): string | null {
  return text === null || text === undefined ? null : textKey(text)
}
