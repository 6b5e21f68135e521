import type { AdminParts, ConfigSource, Reloaded } from '../admin/index.ts'
import {
  loadConfig,
  loadConfigText,
  restartKeys,
  type Config,
  type Flags,
} from '../config/index.ts'
import { spendersOf, type Ledger, type Spending } from '../ledger/index.ts'
import type { Settings } from '../stages/index.ts'
import type { Upstreams } from './upstreams.ts'

/** Where the configuration of a running gateway came from. */
export interface ConfigOrigin {
  readonly file?: string | undefined
  /** Those of the command line: they come before what any file says. */
  readonly flags?: Flags
}

export interface ReloadParts {
  readonly config: Config
  readonly origin: ConfigOrigin
  readonly upstreams: Upstreams
  readonly ledger: Ledger
  readonly spending: Pick<Spending, 'takeUp'>
  /** What the stages read for each request; changed here and nowhere else. */
  readonly settings: { -readonly [Key in keyof Settings]: Settings[Key] }
}

/**
 * Takes a configuration on while calls are under way: its upstreams, the pinned model, the project, keys
 * and the admin token. What else differs is named and waits for a restart.
 */
export function createReload({
  config,
  origin,
  upstreams,
  settings,
  ledger,
  spending,
}: ReloadParts): AdminParts['reload'] {
  return async (source: ConfigSource | null): Promise<Reloaded> => {
    const next = read(source, origin)
    if (next) {
      await upstreams.replace(next.upstreams)
      const { model, project, adminToken, masterKey, keyHeader, metricsAuth } = settingsOf(next)
      settings.model = model
      settings.project = project
      settings.metricsAuth = metricsAuth
      // A configuration that does not mention a secret must not open what the last one closed,
      // nor one that does not mention its header let the key in there go on to upstreams.
      settings.adminToken = adminToken ?? settings.adminToken
      settings.masterKey = masterKey ?? settings.masterKey
      settings.keyHeader = keyHeader ?? settings.keyHeader
      ledger.configure(next.keys.limits, next.keys)
      await spending.takeUp(spendersOf(ledger))
    }
    const models = new Set(upstreams.list().flatMap((upstream) => upstream.models ?? []))
    return { models: [...models], needs_restart: next ? restartKeys(config, next) : [] }
  }
}

/** The part of a configuration that calls and admin requests read anew each time. */
export function settingsOf(config: Config): Settings {
  const { model, project, keys, admin_token: adminToken, metrics_auth: metricsAuth } = config
  return {
    model: model ?? null,
    project: project ?? null,
    adminToken: adminToken ?? null,
    masterKey: keys.master_key ?? null,
    keyHeader: keys.header ?? null,
    metricsAuth,
  }
}

/** Null when there is nothing to read: the gateway was started without a file. */
function read(source: ConfigSource | null, { file, flags = {} }: ConfigOrigin): Config | null {
  if (source === null) return file === undefined ? null : loadConfig({ file, flags })
  // Workers of the command line would hide those that are given now.
  const { workers: _, ...rest } = flags
  if ('text' in source) return loadConfigText(source.text, { flags: rest })
  return loadConfig({ file: source.path, flags: rest })
}
