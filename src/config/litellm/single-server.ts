import { invalid, type Values } from '../document.ts'
import type { Environment } from '../interpolate.ts'
import { placedAt } from '../worker.ts'
import { serverOf } from './server.ts'

/**
 * The upstream at one address, for one model if it is named, as `litellm --model openai/m --api_base …`
 * has it: every call then is for that model.
 *
 * @throws GatewayError `config_invalid` when there is no such server
 */
export function singleServer(base: string, model: string | undefined, env: Environment): Values {
  if (model === undefined) return { upstreams: [placedAt({ url: base })] }
  const named = { model, base, key: undefined, version: undefined, custom: undefined }
  const found = serverOf(named, env)
  if (typeof found === 'string') throw invalid(`--model: ${found}`)
  return { upstreams: [found.server], model: found.model }
}
