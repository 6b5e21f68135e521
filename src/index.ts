/** Embedding: `import { startGateway, checkConfig } from 'sluice'`. */
export { startGateway, VERSION, type Gateway, type GatewayOptions } from './app/index.ts'
export { checkConfig, loadConfig, type Config, type LoadOptions } from './config/index.ts'
export { GatewayError, type ErrorCode } from './errors/index.ts'
