/** Embedding: `import { createGateway } from 'sluice'`. */
export {
  openGateway,
  startGateway,
  VERSION,
  type Address,
  type Gateway,
  type GatewayOptions,
  type Listener,
  type OpenGateway,
} from './app/index.ts'
export { checkConfig, loadConfig, type Config, type LoadOptions } from './config/index.ts'
export { createGateway, type CreateOptions, type GatewaySettings } from './create-gateway.ts'
export { GatewayError, type ErrorCode } from './errors/index.ts'
export type { LocalCall, LocalHandler, LocalUpstreamOptions } from './upstream/index.ts'
