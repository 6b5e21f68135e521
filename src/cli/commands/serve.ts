import { once } from 'node:events'
import type { Command } from 'commander'
import { startGateway, VERSION } from '../../app/index.ts'
import { readConfig } from '../../config/index.ts'
import { letHeapGrow } from '../../util/heap.ts'
import { createLogger } from '../../util/log.ts'
import { exposureOf } from '../exposure.ts'
import type { Io } from '../io.ts'
import { startFacts, startScreen } from '../screen.ts'
import { addServeOptions, flagsOf, warningsOfFlags, type ServeOptions } from '../serve-options.ts'
import { startSimulator } from '../simulators.ts'
import { warn } from '../warn.ts'

/** `sluice serve`, the default command: runs a gateway until it is told to stop. */
export function registerServe(program: Command, io: Io): void {
  const command = program
    .command('serve', { isDefault: true })
    .description('run the gateway (the default)')
  addServeOptions(command).action(async (options: ServeOptions) => serve(options, io))
}

async function serve(options: ServeOptions, io: Io): Promise<void> {
  letHeapGrow()
  const ofFlags = warningsOfFlags(options)
  const origin = { file: options.config, flags: flagsOf(options) }
  const { config, warnings } = readConfig(origin)
  const log = createLogger(config.log_level)
  const gateway = await startGateway({ config, origin, startSimulator, log })
  // A promise that a plugin forgot must not end every other call's stream with it.
  process.on('unhandledRejection', (reason) => {
    log.error({ err: reason }, 'a promise failed that nobody waits for')
  })
  const { config: file, quiet = false, json = false } = options
  const started = { gateway, config, file, version: VERSION }
  // Before the address is out: whoever reads it may stop the gateway at once.
  const stopped = stopSignal()
  for (const warning of [...ofFlags, ...warnings]) warn(io, warning)
  const exposure = exposureOf(config)
  if (exposure !== null) warn(io, exposure)
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
