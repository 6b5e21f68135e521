import { Option, type Command } from 'commander'
import { GatewayError } from '../errors/index.ts'
import { refuseCumulativeTokenMode, toPort, type Flags } from '../config/index.ts'

/** The flags of `sluice serve`, as commander reads them. */
export interface ServeOptions {
  readonly config?: string
  readonly host?: string
  readonly port?: string
  readonly worker?: readonly string[]
  readonly model?: string
  readonly store?: string
  readonly dbPath?: string
  readonly stateDir?: string
  readonly project?: string
  readonly adminToken?: string
  readonly addLogprobs?: boolean
  readonly addReturnTokenIds?: boolean
  readonly syncTracer?: boolean
  readonly cumulativeTokenMode?: boolean
  readonly rendererFamily?: string
  readonly logLevel?: string
  readonly debug?: boolean
  readonly detailedDebug?: boolean
  readonly apiBase?: string
  readonly numWorkers?: string
  readonly quiet?: boolean
  readonly json?: boolean
}

/** LiteLLM writes them with an underscore. */
const UNDERSCORED = {
  api_base: 'apiBase',
  detailed_debug: 'detailedDebug',
  num_workers: 'numWorkers',
} as const

/** Adds them, with those of rLLM's gateway, of its older launcher and of LiteLLM among them. */
export function addServeOptions(command: Command): Command {
  const options = command
    .option('-c, --config <file>', 'configuration file (YAML)')
    .option('--host <address>', 'address to listen on (127.0.0.1)')
    .option('--port <port>', 'port to listen on; 0 takes a free one (9090)')
    .option('--worker <url>', 'upstream base URL; may be given more than once', collect)
    .option('--model <name>', 'make every call for this model')
    .option('--api-base <url>', 'the one server; --model openai/name says what it speaks')
    .option('--store <kind>', 'sqlite (the default) or memory')
    .option('--db-path <file>', 'SQLite file (data/traces.db)')
    .option('--state-dir <folder>', 'where small state is kept')
    .option('--project <name>', 'written to every trace')
    .option('--admin-token <secret>', 'key for sessions, traces and admin')
    .option('--add-logprobs', 'ask every upstream for logprobs, paid ones too')
    .option('--add-return-token-ids', 'ask for token ids, which is the default')
    .option('--sync-tracer', 'save before answering, which is always done')
    .option('--cumulative-token-mode', 'not there yet: refused')
    .option('--renderer-family <family>', 'not there yet: refused')
    .option('--log-level <level>', 'trace, debug, info, warn, error or silent')
    .option('--debug', 'the same as --log-level debug')
    .option('--detailed-debug', 'the same as --log-level trace')
    .option('--num-workers <count>', 'one process serves all, whatever this says')
    .option('--quiet', 'print the address alone')
    .option('--json', 'print address, upstreams and store as one line of JSON')
  for (const [name, attribute] of Object.entries(UNDERSCORED)) {
    const value = attribute === 'detailedDebug' ? '' : ' <value>'
    options.addOption(new Option(`--${name}${value}`).hideHelp())
    options.on(`option:${name}`, (said?: string) => {
      options.setOptionValueWithSource(attribute, said ?? true, 'cli')
    })
  }
  return options
}

/**
 * What the flags set.
 *
 * @throws GatewayError `config_invalid` for a value that cannot be used and for what is not there yet
 */
export function flagsOf(options: ServeOptions): Flags {
  if (options.cumulativeTokenMode) refuseCumulativeTokenMode('--cumulative-token-mode')
  if (options.rendererFamily !== undefined) refuseCumulativeTokenMode('--renderer-family')
  if (options.apiBase !== undefined && options.worker !== undefined) {
    throw new GatewayError('config_invalid', {
      detail: '--api-base and --worker both say where calls go; keep one',
    })
  }
  const given = {
    host: options.host,
    port: toPort(options.port, '--port'),
    workers: options.worker,
    model: options.model,
    store: options.store,
    db_path: options.dbPath,
    state_dir: options.stateDir,
    project: options.project,
    admin_token: options.adminToken,
    add_logprobs: options.addLogprobs,
    add_return_token_ids: options.addReturnTokenIds,
    api_base: options.apiBase,
    log_level: options.logLevel ?? debugLevelOf(options),
  } satisfies { [Key in keyof Flags]-?: Flags[Key] | undefined }
  return Object.fromEntries(Object.entries(given).filter(([, value]) => value !== undefined))
}

/**
 * What flags ask for that is not done, one line each.
 *
 * @throws GatewayError `config_invalid` for a number of workers that is none
 */
export function warningsOfFlags({ numWorkers }: ServeOptions): readonly string[] {
  if (numWorkers === undefined) return []
  if (!/^[1-9]\d{0,3}$/.test(numWorkers)) {
    throw new GatewayError('config_invalid', {
      detail: `--num-workers must be a number from 1 on, not "${numWorkers}"`,
    })
  }
  if (numWorkers === '1') return []
  return [
    `--num-workers ${numWorkers} changes nothing: one process serves all calls, so that one writer keeps ` +
      'the order of every session, and it waits for models, not for the processor',
  ]
}

function debugLevelOf({ debug, detailedDebug }: ServeOptions): string | undefined {
  if (detailedDebug) return 'trace'
  return debug ? 'debug' : undefined
}

function collect(value: string, earlier: readonly string[] = []): readonly string[] {
  return [...earlier, value]
}
