import { once } from 'node:events'
import { startGateway } from '../../src/app/index.ts'
import { sqliteOptions } from '../../src/app/store.ts'
import { startSimulator } from '../../src/cli/simulators.ts'
import { loadConfig } from '../../src/config/index.ts'
import { openSqliteStore, type Failpoint } from '../../src/trace/index.ts'

/**
 * `sluice serve` with a store that kills the process at a chosen point: `FAILPOINT` names it,
 * `FAILPOINT_SKIPS` says how often it is passed unharmed, `CHECKPOINT_BYTES` when a log is copied.
 */
const { FAILPOINT, FAILPOINT_SKIPS = '0', CHECKPOINT_BYTES } = process.env

const gateway = await startGateway({
  config: loadConfig({ file: process.argv.at(-1) }),
  startSimulator,
  openStore: (store) =>
    openSqliteStore({
      ...sqliteOptions(store),
      failpoint: FAILPOINT as Failpoint,
      failpointSkips: Number(FAILPOINT_SKIPS),
      ...(CHECKPOINT_BYTES === undefined ? {} : { checkpointBytes: Number(CHECKPOINT_BYTES) }),
    }),
})
process.stdout.write(`${gateway.url}\n`)
await once(process, 'SIGTERM')
await gateway.close()
