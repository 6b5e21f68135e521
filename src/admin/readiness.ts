import { asGatewayError } from '../errors/index.ts'
import type { TraceStore } from '../trace/store.ts'

/** How long an answer stands: the route is open, and each question is a write. */
const FRESH_MS = 1_000
/** After which a store that does not answer counts as one that cannot commit. */
const PATIENCE_MS = 2_000

/**
 * Asks whether the store can commit; the answer is null, or the code that calls would fail with. One
 * question serves all who ask meanwhile, also when the store takes longer than they want to wait.
 */
export function createReadiness(store: Pick<TraceStore, 'probe'>): () => Promise<string | null> {
  let asked: Promise<string | null> | undefined
  return async () => {
    asked ??= store
      .probe()
      .then(
        () => null,
        (thrown: unknown) => asGatewayError(thrown, 'capture_unavailable').code,
      )
      .finally(() => void setTimeout(() => (asked = undefined), FRESH_MS).unref())
    return Promise.race([asked, late()])
  }
}

function late(): Promise<string> {
  return new Promise((resolve) => {
    setTimeout(resolve, PATIENCE_MS, 'store_unreachable').unref()
  })
}
