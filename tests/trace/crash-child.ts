import { openSqliteStore, type Failpoint } from '../../src/trace/index.ts'
import { optionsFor } from './harness.ts'
import { endingOf, intentOf } from './samples.ts'

/** Saves calls and says so, begins one more, and waits to be killed; a failpoint kills it before. */
const [path = '', failpoint, skips] = process.argv.slice(2)
const store = await openSqliteStore(
  optionsFor(
    path,
    failpoint
      ? {
          failpoint: failpoint as Failpoint,
          failpointSkips: Number(skips),
          checkpointBytes: 400_000,
        }
      : {},
  ),
)
const count = failpoint === 'mid_checkpoint' ? 1000 : 1
for (let at = 0; at < count; at++) {
  const intent = intentOf({ trace_id: `ended ${at}` })
  await store.begin(intent)
  await store.save(endingOf(intent))
  process.stdout.write(`ended ${at}\n`)
}
await store.begin(intentOf({ trace_id: 'under way' }))
process.stdout.write('begun\n')
