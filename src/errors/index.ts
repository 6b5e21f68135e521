export { CODES, type ErrorCode } from './codes.ts'
export { asGatewayError, GatewayError, type GatewayErrorOptions } from './gateway-error.ts'
