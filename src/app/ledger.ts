import type { Config } from '../config/index.ts'
import { guessable, openLedger, type Ledger } from '../ledger/index.ts'
import type { TraceStore } from '../trace/index.ts'
import type { Logger } from '../util/log.ts'

/** Opens the ledger over a store, with the keys of the configuration beside those in there. */
export async function ledgerOf(
  { keys }: Pick<Config, 'keys'>,
  { books }: Pick<TraceStore, 'books'>,
  log: Logger,
): Promise<Ledger> {
  const short = guessable(keys.limits)
  // Not repeated: each of them opens the gateway.
  if (short > 0) {
    log.warn(
      { entries: short },
      'keys.limits has entries of less than 16 characters: each is a key that somebody may guess',
    )
  }
  return openLedger(books, { log, configured: keys.limits, everybody: keys })
}
