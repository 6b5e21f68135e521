import { asGatewayError, GatewayError } from '../errors/index.ts'
import type { StateFile, WeightVersion } from '../shared/index.ts'

/** Which weights the engines serve, as the trainer last said. */
export interface WeightVersions {
  /** Null until a trainer has said so. Survives restarts. */
  readonly current: WeightVersion | null
  /**
   * Resolves when the version is kept; only then calls are stamped with it.
   *
   * @throws {GatewayError} `state_unwritable`; the version from before holds.
   */
  set(version: WeightVersion): Promise<void>
}

/** Keeps the version in the state file, which outlives the process. */
export function createWeightVersions(
  state: Pick<StateFile, 'weightVersion' | 'setWeightVersion'>,
): WeightVersions {
  let current = state.weightVersion
  // One after the other: of two that come together, the later one must be the one that stays.
  let last: Promise<void> = Promise.resolve()

  async function keep(version: WeightVersion): Promise<void> {
    try {
      await state.setWeightVersion(version)
    } catch (thrown) {
      const { cause = thrown } = asGatewayError(thrown)
      throw new GatewayError('state_unwritable', { owner: 'state', cause })
    }
    current = version
  }

  return {
    get current() {
      return current
    },
    set(version) {
      const kept = last.then(() => keep(version))
      last = kept.catch(() => {})
      return kept
    },
  }
}

/** The version as a header value: text beyond printable ASCII is percent-encoded. */
export function weightHeader(version: WeightVersion): string {
  const text = String(version)
  return /^[\x21-\x7e](?:[\x20-\x7e]*[\x21-\x7e])?$/.test(text) ? text : encodeURIComponent(text)
}
