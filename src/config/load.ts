import { readFileSync } from 'node:fs'
import { resolve } from 'node:path'
import { checkConfig } from './check.ts'
import { invalid, parseConfig, unwritten, type ConfigDocument } from './document.ts'
import { grant, wishesOfFlags } from './injection.ts'
import type { Environment } from './interpolate.ts'
import { adaptLitellm, withIncludes } from './litellm/index.ts'
import { toLogLevel } from './log-level.ts'
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
 * keys, rLLM's flat ones and LiteLLM's sections, and include other files.
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
  { file, env: environment = process.env, flags = {}, cwd = process.cwd() }: LoadOptions,
): LoadedConfig {
  const warnings: string[] = []
  const path = resolve(cwd, file ?? 'config_yaml')
  const whole = withIncludes(written, path, { read: readDocument, warnings })
  const { document: adapted, env } = adaptLitellm(whole, environment, warnings)
  const { document, wishes } = adaptRllm(adapted)
  const merged = merge(document, env, fromEnvironment(env), fromFlags(flags))
  const { log_level: level, ...values } = grant([...wishes, ...wishesOfFlags(flags)], merged)
  if (level !== undefined) values['log_level'] = toLogLevel(level)
  const config = checkConfig(values, cwd, merged)
  return { config, warnings }
}

function readDocument(file: string): ConfigDocument {
  let text: string
  try {
    text = readFileSync(file, 'utf8')
  } catch (cause) {
    const isMissing = cause instanceof Error && 'code' in cause && cause.code === 'ENOENT'
    const why = cause instanceof Error ? cause.message : String(cause)
    throw invalid(`${file} cannot be read: ${isMissing ? 'there is no such file' : why}`, cause)
  }
  return parseConfig(text, file)
}
