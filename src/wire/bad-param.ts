import { GatewayError } from '../errors/index.ts'

/** The refusal of a call whose params have no form in the language of its upstream. */
export function badParam(param: string, detail: string): GatewayError {
  return new GatewayError('bad_body', { param, detail: `\`${param}\`: ${detail}` })
}
