export {
  openGateway,
  startGateway,
  type Gateway,
  type GatewayOptions,
  type OpenGateway,
} from './gateway.ts'
export type { Address, Listener } from './listener.ts'
export type { StartSimulator } from './upstreams.ts'
export { VERSION } from './version.ts'
export type { ConfigOrigin } from './reload.ts'
