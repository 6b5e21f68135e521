import { invalid } from './document.ts'

const REMEDY =
  'start without it: each turn then has its own prompt_token_ids, and checks.extends_last_turn of its ' +
  'trace says whether they begin with the whole turn before'

/**
 * Ends the start of who relies on cumulative token mode: silently left out, it would give a trainer
 * other token ids than it counts on. `where` names the flag or the place in the file.
 *
 * @throws GatewayError `config_invalid`
 */
export function refuseCumulativeTokenMode(where: string): never {
  throw invalid(`${where} asks for cumulative token mode, which is not there yet; ${REMEDY}`)
}
