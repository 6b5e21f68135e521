export { checkConfig } from './check.ts'
export { refuseCumulativeTokenMode } from './cumulative.ts'
export {
  loadConfig,
  loadConfigText,
  readConfig,
  type LoadedConfig,
  type LoadOptions,
} from './load.ts'
export { toPort, type Flags } from './overrides.ts'
export { restartKeys } from './restart-keys.ts'
export { ConfigSchema, type Config, type UpstreamConfig } from './schema.ts'
