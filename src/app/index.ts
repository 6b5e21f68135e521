export { startGateway, type Gateway, type GatewayOptions } from './gateway.ts'
export type { StartSimulator } from './upstreams.ts'
export { VERSION } from './version.ts'
