import type { Dialect, TraceStatus } from '../plugin/index.ts'
import type { Labels } from './families.ts'

/** The labels under which a trace and its tokens are counted. */
export interface Ending {
  readonly trace: Labels
  readonly prompt: Labels
  readonly completion: Labels
}

/** Gives the same labels for the same values, because families remember what they took of an object. */
export function createEndings(): (status: TraceStatus, reason: string, dialect: Dialect) => Ending {
  const known = new Map<string, Ending>()
  return (status, reason, dialect) => {
    const key = `${status}|${dialect}|${reason}`
    let ending = known.get(key)
    if (!ending) {
      ending = {
        trace: { status, reason, dialect },
        prompt: { kind: 'prompt', status },
        completion: { kind: 'completion', status },
      }
      known.set(key, ending)
    }
    return ending
  }
}
