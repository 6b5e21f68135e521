import { periodAt, readDuration } from './duration.ts'
import type { Allowance } from './records.ts'

/** When a budget's period began and when it ends. */
export type BudgetPeriod = Pick<Allowance, 'budget_started_at' | 'budget_reset_at'>

/**
 * The period under way of a budget that was always there, so that a restart begins no new one. Without a
 * duration it is for ever.
 */
export function standingPeriod(duration: string | null, now: number): BudgetPeriod {
  return periodFrom(duration, 0, now)
}

/**
 * The period of a budget that begins now: nothing is spent of it yet, though a day or a month of the
 * calendar began before. What was spent earlier under the same name is no part of it.
 */
export function begunPeriod(duration: string | null, now: number): BudgetPeriod {
  return { ...periodFrom(duration, now, now), budget_started_at: now }
}

function periodFrom(duration: string | null, anchor: number, now: number): BudgetPeriod {
  const read = duration === null ? null : readDuration(duration)
  if (!read) return { budget_started_at: 0, budget_reset_at: null }
  const { startedAt, resetAt } = periodAt(read, anchor, now)
  return { budget_started_at: startedAt, budget_reset_at: resetAt }
}

/** The period under way, which may be a later one than the record says. */
export function periodOf(
  allowance: Pick<Allowance, 'budget_duration'> & BudgetPeriod,
  now: number,
): BudgetPeriod {
  const { budget_duration: duration, budget_started_at, budget_reset_at } = allowance
  const read = duration === null ? null : readDuration(duration)
  if (!read || budget_reset_at === null || now < budget_reset_at) {
    return { budget_started_at, budget_reset_at }
  }
  const { startedAt, resetAt } = periodAt(read, budget_reset_at, now)
  return { budget_started_at: startedAt, budget_reset_at: resetAt }
}

/** The record with a budget that begins now. */
export function resetAllowance<T extends Allowance>(record: T, now: number): T {
  return { ...record, ...begunPeriod(record.budget_duration, now), updated_at: now }
}

/** The record with the period under way; the same object while that is the one it says. */
export function inPeriod<T extends Allowance>(record: T, now: number): T {
  if (record.budget_reset_at === null || now < record.budget_reset_at) return record
  return { ...record, ...periodOf(record, now) }
}
