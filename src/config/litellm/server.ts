import type { Environment } from '../interpolate.ts'
import { placedAt } from '../worker.ts'
import { COMPATIBLE, FOREIGN, KNOWN_NAMES, SERVICES, type Service } from './services.ts'

/** How a deployment names its server. */
export interface Named {
  readonly model: string
  readonly base: string | undefined
  readonly key: string | undefined
  readonly version: string | undefined
  /** `custom_llm_provider`: the model's name is then whole as it stands. */
  readonly custom: string | undefined
}

/** The keys of an upstream that say where it is and what it speaks. */
export interface Server {
  readonly url: string
  readonly api_path?: string
  readonly provider?: 'azure' | 'anthropic' | 'text-completion'
  readonly kind?: 'openai' | 'generic'
  readonly api_key?: string
  readonly api_version?: string
}

export interface Found {
  readonly server: Server
  /** What the server calls the model. */
  readonly model: string
}

/** The server of a deployment and the model's name there, or why there is none. */
export function serverOf(named: Named, env: Environment): Found | string {
  const found = serviceOf(named)
  if (typeof found === 'string') return found
  const { service, model } = found
  const written = named.base
  const elsewhere = service.baseNames?.map((name) => env[name]).find(Boolean)
  const url = written ?? elsewhere ?? service.base
  if (url === undefined) return `"${named.model}" needs an api_base`
  const mayUseKey = written === undefined || service.keyTravels === true
  const key =
    named.key ?? (mayUseKey && service.keyName ? env[service.keyName] || undefined : undefined)
  const version = named.version ?? (service.versionName && env[service.versionName])
  const isPublicOpenAi = url === SERVICES.get('openai')?.base
  const kind = service.kind ?? (isPublicOpenAi ? 'openai' : undefined)
  return {
    model,
    server: {
      ...placeOf(url, service),
      ...(service.provider === 'openai' ? {} : { provider: service.provider }),
      ...(kind === undefined ? {} : { kind }),
      ...(key === undefined ? {} : { api_key: key }),
      ...(version ? { api_version: version } : {}),
    },
  }
}

/** A path in the address of an OpenAI API is all of its API path, as its own client reads it. */
function placeOf(url: string, { provider }: Service): { url: string; api_path?: string } {
  if (provider === 'azure' || provider === 'anthropic') return { url }
  return { url, ...placedAt({ url }) }
}

function serviceOf({ model, base, custom }: Named): { service: Service; model: string } | string {
  if (custom !== undefined) {
    const service = SERVICES.get(custom) ?? (base === undefined ? undefined : COMPATIBLE)
    if (!service || FOREIGN.has(custom)) return `no server of "${custom}" can be spoken to here`
    return { service, model }
  }
  const slash = model.indexOf('/')
  const prefix = slash > 0 ? model.slice(0, slash) : ''
  const service = SERVICES.get(prefix)
  if (service) return { service, model: model.slice(slash + 1) }
  if (FOREIGN.has(prefix)) return `no server of "${prefix}" can be spoken to here`
  const known = prefix === '' ? KNOWN_NAMES.find(([name]) => name.test(model)) : undefined
  const inferred = known && SERVICES.get(known[1])
  if (inferred && (base === undefined || inferred.provider === 'anthropic')) {
    return { service: inferred, model }
  }
  if (base !== undefined) return { service: COMPATIBLE, model }
  return `"${model}" needs an api_base: its name does not say who serves it`
}
