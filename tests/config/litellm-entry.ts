import { stringify } from 'yaml'
import { checkConfig, type Config } from '../../src/config/index.ts'

/** A file with one entry in its `model_list`. */
export function entry(name: string, params: object, more: object = {}): string {
  return stringify({ model_list: [{ model_name: name, litellm_params: params, ...more }] })
}

/** A configuration as it comes of a file of LiteLLM, which assumes more than this gateway's own. */
export function fromLitellm(values: {
  readonly routing?: object
  readonly [key: string]: unknown
}): Config {
  const assumed = { retries: 2, cooldown_ms: 5_000, litellm: true }
  return checkConfig({ ...values, routing: { ...assumed, ...values.routing } })
}
