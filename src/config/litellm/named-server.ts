import type { Environment } from '../interpolate.ts'
import type { Source } from './credentials.ts'
import type { Target } from './rows.ts'
import { serverOf, type Found } from './server.ts'
import { faultOf, text } from './values.ts'

/**
 * The server that keys of `litellm_params` name, or why there is none; the last source that has a key
 * counts. `absent` has the paths, joined by dots, of which the variable is not set.
 *
 * @throws GatewayError `config_invalid` for a name or an address that is none
 */
export function namedServer(
  sources: readonly Source[],
  target: Target,
  env: Environment,
  absent: ReadonlySet<string>,
): Found | string {
  const find = (...names: readonly string[]): string | undefined => {
    for (const { path, keys } of sources.toReversed()) {
      const name = names.find((one) => !isEmpty(keys[one]))
      if (name !== undefined) return text({ value: keys[name], path: [...path, name], target })
    }
    return undefined
  }
  const fault = (key: string, what: string): Error => {
    const path = [...(sources.at(-1)?.path ?? []), key]
    return faultOf({ value: undefined, path, target }, what)
  }
  const model = find('model')
  if (model === undefined) throw fault('model', 'must be a name')
  const base = find('api_base', 'base_url')
  // The default is a public service: calls that were meant for another server must not go there.
  if (base === undefined && sources.some((source) => hasNoBase(source, absent))) {
    return 'its api_base is not set'
  }
  if (base !== undefined && !/^https?:\/\//.test(base))
    throw fault('api_base', 'must be an http URL')
  const named = {
    model,
    base,
    key: find('api_key'),
    version: find('api_version'),
    custom: find('custom_llm_provider'),
  }
  return serverOf(named, env)
}

/** True when a base is asked for whose variable is not set, or empty. */
function hasNoBase({ path, keys }: Source, absent: ReadonlySet<string>): boolean {
  return ['api_base', 'base_url'].some(
    (key) => keys[key] === '' || absent.has([...path, key].join('.')),
  )
}

function isEmpty(value: unknown): boolean {
  return value === null || value === undefined || value === ''
}
