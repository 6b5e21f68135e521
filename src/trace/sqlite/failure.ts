import { GatewayError } from '../../errors/index.ts'
import { isObject } from '../../plugin/index.ts'
import type { Failure } from './jobs.ts'

/** SQLite's primary result codes (`sqlite3.h`), of which an extended code keeps the low byte. */
const BUSY = 5
const JOB_FAULTS = new Set([
  18, // TOOBIG
  19, // CONSTRAINT
  20, // MISMATCH
  25, // RANGE
])

export function failureOf(thrown: unknown): Failure {
  const code: unknown = thrown instanceof Error && 'errcode' in thrown ? thrown.errcode : null
  return {
    message: thrown instanceof Error ? thrown.message : String(thrown),
    errcode: typeof code === 'number' ? code : null,
    stack: (thrown instanceof Error && thrown.stack) || '',
  }
}

export function isBusy(failure: Failure): boolean {
  return failure.errcode !== null && (failure.errcode & 0xff) === BUSY
}

/** True when the database failed (full, unreadable, locked, …), false when one job was at fault. */
export function isDatabaseFault({ errcode }: Failure): boolean {
  return errcode !== null && !JOB_FAULTS.has(errcode & 0xff)
}

/** What a caller whose write or read failed is told. The cause carries SQLite's `errcode`. */
export function unavailable(failure: unknown, detail?: string): GatewayError {
  return new GatewayError('capture_unavailable', {
    owner: 'store',
    cause: isFailure(failure) ? revive(failure) : failure,
    ...(detail === undefined ? {} : { detail }),
  })
}

function revive({ message, errcode, stack }: Failure): Error {
  return Object.assign(new Error(message), { stack }, errcode === null ? {} : { errcode })
}

function isFailure(value: unknown): value is Failure {
  return isObject(value) && 'errcode' in value && 'message' in value && !(value instanceof Error)
}
