import { join } from 'node:path'
import { ProxyManager } from 'sluice/client'

// Started by orphan.test.ts, to be killed.
const stateDir = join(process.argv[2] ?? '.', 'state')
const proxy = new ProxyManager({ stateDir, config: { store: { kind: 'memory' } } })
process.stdout.write(`${await proxy.start()}\n`)
