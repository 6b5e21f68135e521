export { checkConfig, loadConfig, type LoadOptions } from './load.ts'
export { toPort, type Flags } from './overrides.ts'
export { ConfigSchema, type Config, type UpstreamConfig } from './schema.ts'
