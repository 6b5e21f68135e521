export { CODES, type ErrorCode } from './codes.ts'
export { errorBody, type ErrorShape } from './error-body.ts'
export { asGatewayError, GatewayError, type GatewayErrorOptions } from './gateway-error.ts'
