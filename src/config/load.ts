import { readFileSync } from 'node:fs'
import { checkConfig } from './check.ts'
import { invalid, parseConfig, rewritten, unwritten, type ConfigDocument } from './document.ts'
import { grant, wishesOfFlags } from './injection.ts'
import { interpolate, type Environment } from './interpolate.ts'
import { toLogLevel } from './log-level.ts'
import { adaptModelList, setSectionsAside } from './model-list.ts'
import { fromEnvironment, fromFlags, type Flags, merge } from './overrides.ts'
import { adaptRllm } from './rllm.ts'
import type { Config } from './schema.ts'

export interface LoadOptions {
  /** Path of the YAML file; absent: defaults, environment and flags alone. */
  readonly file?: string | undefined
  readonly flags?: Flags
  readonly env?: Environment
  /** What relative paths are relative to. */
  readonly cwd?: string
}

export interface LoadedConfig {
  readonly config: Config
  /** One line each, with its place: what the file says and the gateway does not do. */
  readonly warnings: readonly string[]
}

/**
 * Reads the configuration: file, then environment, then flags, each over the one before; checked
 * against the schema, defaults filled in, paths made absolute, frozen. The file may hold this gateway's
 * keys, rLLM's flat ones and LiteLLM's `model_list`.
 *
 * @throws GatewayError `config_invalid` with file, line and column
 */
export function readConfig(options: LoadOptions = {}): LoadedConfig {
  return load(options.file === undefined ? unwritten() : readDocument(options.file), options)
}

/** {@link readConfig} for who has no use for its warnings. */
export function loadConfig(options: LoadOptions = {}): Config {
  return readConfig(options).config
}

/** {@link loadConfig} for a text in place of a file; errors call it `config_yaml`. */
export function loadConfigText(text: string, options: Omit<LoadOptions, 'file'> = {}): Config {
  return load(parseConfig(text, 'config_yaml'), options).config
}

function load(
  written: ConfigDocument,
  { env = process.env, flags = {}, cwd = process.cwd() }: LoadOptions,
): LoadedConfig {
  const warnings: string[] = []
  const used = setSectionsAside(written, warnings)
  const resolved = interpolate(used.values, env, (path) => used.placeOf(path))
  const listed = adaptModelList(rewritten(used, resolved, []), env, warnings)
  const { document, wishes } = adaptRllm(listed)
  const merged = merge(document, fromEnvironment(env), fromFlags(flags))
  const { log_level: level, ...values } = grant([...wishes, ...wishesOfFlags(flags)], merged)
  if (level !== undefined) values['log_level'] = toLogLevel(level)
  return { config: checkConfig(values, cwd, merged), warnings }
}

function readDocument(file: string): ConfigDocument {
  let text: string
  try {
    text = readFileSync(file, 'utf8')
  } catch (cause) {
    throw invalid(
      `${file} cannot be read: ${cause instanceof Error ? cause.message : String(cause)}`,
      cause,
    )
  }
  return parseConfig(text, file)
}
