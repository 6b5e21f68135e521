import {
  openGateway,
  type GatewayOptions,
  type OpenGateway,
  type StartSimulator,
} from './app/index.ts'
import { checkConfig, type Config } from './config/index.ts'
import type { LocalHandler } from './upstream/index.ts'

/** The keys of `gateway.yaml`, each of which may be left out. */
export type GatewaySettings = Loose<Config>

type Loose<T> = T extends readonly (infer Item)[]
  ? readonly Loose<Item>[]
  : T extends object
    ? { readonly [Key in keyof T]?: Loose<T[Key]> | undefined }
    : T

export interface CreateOptions extends Omit<GatewayOptions, 'config' | 'startSimulator'> {
  /** Answers calls in this process, as an upstream named `local` beside those of the settings. */
  readonly handler?: LocalHandler
}

/**
 * Opens a gateway inside this process. It takes calls once it listens, or where its `middleware` is
 * mounted in a Koa app (in front of any body parser). Close it before the process ends.
 *
 * ```ts
 * const gateway = await createGateway({ port: 0 }, { handler: async (body) => sample(body) })
 * const { url } = await gateway.listen()
 * await gateway.close()
 * ```
 *
 * @throws {GatewayError} `config_invalid`, `plugin_invalid`, `store_unusable`
 */
export async function createGateway(
  settings: GatewaySettings = {},
  { handler, local = [], ...options }: CreateOptions = {},
): Promise<OpenGateway> {
  const config = checkConfig({ ...settings })
  const own = handler ? [{ name: 'local', handler, models: null, kind: 'vllm' as const }] : []
  return openGateway({ ...options, local: [...local, ...own], config, startSimulator })
}

/** Loaded where a configuration names one: who embeds a gateway mostly has servers of their own. */
const startSimulator: StartSimulator = async (options) =>
  (await import('./cli/simulators.ts')).startSimulator(options)
