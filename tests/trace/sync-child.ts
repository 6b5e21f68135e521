import { openSqliteStore, type SqliteOptions } from '../../src/trace/index.ts'
import { optionsFor } from './harness.ts'
import { traceOf } from './samples.ts'

/**
 * Makes one commit after the other, between two lines that a tracer of system calls can see, and says
 * which of them were promised.
 */
const [path = '', synchronous = 'full', commits = '10'] = process.argv.slice(2)
const store = await openSqliteStore(
  optionsFor(path, { synchronous: synchronous as SqliteOptions['synchronous'] }),
)
await store.save(traceOf({ trace_id: 'first' }))
process.stdout.write('commits begin\n')
for (let at = 0; at < Number(commits); at++) {
  const outcome = await store.save(traceOf({ trace_id: `call ${at}` })).then(
    () => 'saved',
    () => 'refused',
  )
  process.stdout.write(`${outcome} call ${at}\n`)
}
process.stdout.write('commits end\n')
await store.close()
