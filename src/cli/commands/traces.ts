import { InvalidArgumentError, Option, type Command } from 'commander'
import { DEFAULT_URL } from '../gateway-client.ts'
import type { Io } from '../io.ts'
import { exportTraces } from './traces-export.ts'
import { listTraces } from './traces-ls.ts'
import { RAW_PARTS, showTrace } from './traces-show.ts'
import { tailTraces } from './traces-tail.ts'

/** `sluice traces`: reads the traces of a running gateway. */
export function registerTraces(program: Command, io: Io): void {
  const traces = program.command('traces').description('read the traces of a running gateway')
  const reading = (name: string, description: string): Command =>
    traces
      .command(name)
      .description(description)
      .addOption(
        new Option('--url <url>', 'where the gateway listens')
          .default(DEFAULT_URL)
          .env('SLUICE_URL'),
      )
      .addOption(
        new Option('--admin-token <secret>', 'its key, where it has one').env('SLUICE_ADMIN_TOKEN'),
      )

  reading('ls', 'list the newest traces, the last one at the bottom')
    .option('--session <id>', 'of this session only')
    .option('--status <status>', 'complete, partial, error, interrupted or pending')
    .option('--limit <count>', 'how many', wholeNumber, 20)
    .option('--json', 'print an array of summaries')
    .action(async (options: Parameters<typeof listTraces>[0]) => listTraces(options, io))

  reading('show <trace-id>', 'show one trace')
    .option('--raw <part>', `print its exact bytes: ${RAW_PARTS.join(', ')}`)
    .option('--tokens <count>', 'tokens shown at each end', wholeNumber, 8)
    .option('--full', 'show every message and every line')
    .option('--json', 'print the whole trace')
    .action(async (id: string, options: Parameters<typeof showTrace>[1]) =>
      showTrace(id, options, io),
    )

  reading('tail', 'print traces as they are saved, until interrupted')
    .option('--session <id>', 'of this session only')
    .option('--until-idle <ms>', 'stop when nothing new came for so long', wholeNumber)
    .option('--json', 'print a summary a line')
    .action(async (options: Parameters<typeof tailTraces>[0]) => tailTraces(options, io))

  reading('export', 'write whole traces as JSON, one a line')
    .option('--session <id>', 'of this session only')
    .option('--out <file>', 'write there instead of standard output')
    .option('--json', 'report the number of traces as JSON')
    .action(async (options: Parameters<typeof exportTraces>[0]) => exportTraces(options, io))
}

function wholeNumber(text: string): number {
  const value = Number(text)
  if (/^\d+$/.test(text) && value > 0 && Number.isSafeInteger(value)) return value
  throw new InvalidArgumentError('Give a whole number above 0.')
}
