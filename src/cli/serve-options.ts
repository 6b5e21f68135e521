import type { Command } from 'commander'
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
  readonly quiet?: boolean
  readonly json?: boolean
}

/** Adds them, with those of rLLM's gateway and of its older launcher among them. */
export function addServeOptions(command: Command): Command {
  return command
    .option('--config <file>', 'configuration file (YAML)')
    .option('--host <address>', 'address to listen on')
    .option('--port <port>', 'port to listen on; 0 takes a free one')
    .option('--worker <url>', 'upstream base URL; may be given more than once', collect)
    .option('--model <name>', 'make every call for this model')
    .option('--store <kind>', 'sqlite or memory')
    .option('--db-path <file>', 'SQLite file')
    .option('--state-dir <folder>', 'where small state is kept')
    .option('--project <name>', 'written to every trace')
    .option('--admin-token <secret>', 'key for sessions, traces and admin')
    .option('--add-logprobs', 'ask every upstream for logprobs, paid ones too')
    .option('--add-return-token-ids', 'ask for token ids, which is the default')
    .option('--sync-tracer', 'save before answering, which is always done')
    .option('--cumulative-token-mode', 'not there yet: refused')
    .option('--renderer-family <family>', 'not there yet: refused')
    .option('--log-level <level>', 'trace, debug, info, warn, error or silent')
    .option('--quiet', 'print the address alone')
    .option('--json', 'print address, upstreams and store as one line of JSON')
}

/**
 * What the flags set.
 *
 * @throws GatewayError `config_invalid` for a value that cannot be used and for what is not there yet
 */
export function flagsOf(options: ServeOptions): Flags {
  if (options.cumulativeTokenMode) refuseCumulativeTokenMode('--cumulative-token-mode')
  if (options.rendererFamily !== undefined) refuseCumulativeTokenMode('--renderer-family')
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
    log_level: options.logLevel,
  } satisfies { [Key in keyof Flags]-?: Flags[Key] | undefined }
  return Object.fromEntries(Object.entries(given).filter(([, value]) => value !== undefined))
}

function collect(value: string, earlier: readonly string[] = []): readonly string[] {
  return [...earlier, value]
}
