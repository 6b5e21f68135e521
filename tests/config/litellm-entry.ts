import { stringify } from 'yaml'

/** A file with one entry in its `model_list`. */
export function entry(name: string, params: object, more: object = {}): string {
  return stringify({ model_list: [{ model_name: name, litellm_params: params, ...more }] })
}
