import { once } from 'node:events'
import type { Command } from 'commander'
import { startGateway, VERSION } from '../../app/index.ts'
import { loadConfig, toPort } from '../../config/index.ts'
import { createLogger } from '../../util/log.ts'
import type { Io } from '../io.ts'
import { startFacts, startScreen } from '../screen.ts'
import { startSimulator } from '../simulators.ts'

interface ServeOptions {
  readonly config?: string
  readonly host?: string
  readonly port?: string
  readonly worker?: readonly string[]
  readonly dbPath?: string
  readonly store?: string
  readonly logLevel?: string
  readonly quiet?: boolean
  readonly json?: boolean
}

/** `sluice serve`, the default command: runs a gateway until it is told to stop. */
export function registerServe(program: Command, io: Io): void {
  program
    .command('serve', { isDefault: true })
    .description('run the gateway')
    .option('--config <file>', 'configuration file (YAML)')
    .option('--host <address>', 'address to listen on')
    .option('--port <port>', 'port to listen on; 0 takes a free one')
    .option('--worker <url>', 'upstream base URL; may be given more than once', collect)
    .option('--db-path <file>', 'SQLite file')
    .option('--store <kind>', 'sqlite or memory')
    .option('--log-level <level>', 'trace, debug, info, warn, error or silent')
    .option('--quiet', 'print the address alone')
    .option('--json', 'print address, upstreams and store as one line of JSON')
    .action(async (options: ServeOptions) => serve(options, io))
}

async function serve(options: ServeOptions, io: Io): Promise<void> {
  const config = loadConfig({ file: options.config, flags: flagsOf(options) })
  const log = createLogger(config.log_level)
  const gateway = await startGateway({ config, startSimulator, log })
  // A promise that a plugin forgot must not end every other call's stream with it.
  process.on('unhandledRejection', (reason) => {
    log.error({ err: reason }, 'a promise failed that nobody waits for')
  })
  const { config: file, quiet = false, json = false } = options
  const started = { gateway, config, file, version: VERSION }
  // Before the address is out: whoever reads it may stop the gateway at once.
  const stopped = stopSignal()
  if (json) io.stdout.write(`${JSON.stringify(startFacts(started))}\n`)
  else io.stdout.write(quiet ? `${gateway.url}\n` : startScreen(started, io))
  await stopped
  if (!quiet && !json)
    io.stderr.write('\n  stopping; calls under way may finish, another Ctrl-C cuts them off\n')
  await gateway.close()
}

/** Listens for the first signal only: a second one has the default action of Node, an end at once. */
async function stopSignal(): Promise<void> {
  const listening = new AbortController()
  const options = { signal: listening.signal }
  await Promise.race([once(process, 'SIGINT', options), once(process, 'SIGTERM', options)])
  listening.abort()
}

function flagsOf(
  options: ServeOptions,
): NonNullable<Parameters<typeof loadConfig>[0]>['flags'] & object {
  const port = toPort(options.port, '--port')
  return {
    ...(options.host === undefined ? {} : { host: options.host }),
    ...(port === undefined ? {} : { port }),
    ...(options.worker === undefined ? {} : { workers: options.worker }),
    ...(options.dbPath === undefined ? {} : { db_path: options.dbPath }),
    ...(options.store === undefined ? {} : { store: options.store }),
    ...(options.logLevel === undefined ? {} : { log_level: options.logLevel }),
  }
}

function collect(value: string, earlier: readonly string[] = []): readonly string[] {
  return [...earlier, value]
}
