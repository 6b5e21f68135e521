import { GatewayError } from '../../errors/index.ts'
import type { Headers, Outgoing } from '../../plugin/index.ts'
import { withKeyIn } from './key-header.ts'
import type { Provider } from './provider.ts'
import { apiRoute, noRoute, paramsOf } from './route.ts'

export interface AzureOptions {
  /** The configured base, before its API path was taken off. */
  readonly url: string
  /** Such as `2024-10-21`; only the newer API under `/openai/v1` does without. */
  readonly apiVersion: string | undefined
}

/** Routes that belong to a deployment, which is named in the path. */
const OF_DEPLOYMENT =
  /^\/(?:chat\/completions|completions|embeddings|audio\/\w+|images\/(?:generations|edits))$/
const BESIDE =
  /^\/(?:models|responses|files|batches|fine_tuning|assistants|threads|vector_stores)\b/

/**
 * OpenAI's models at Azure. A call's `model` is the name of a deployment. Bases may be the resource
 * (`https://x.openai.azure.com`), end in `/openai`, name the deployment already, or be the newer API, which
 * is OpenAI's own (`https://x.openai.azure.com/openai/v1`).
 *
 * @throws {GatewayError} `config_invalid` when the API version is missing
 */
export function azureProvider({ url, apiVersion }: AzureOptions): Provider {
  const base = new URL(url).pathname.replace(/\/+$/, '')
  const isNewer = base.endsWith('/openai/v1')
  if (!isNewer && !apiVersion) {
    throw new GatewayError('config_invalid', {
      detail: `Azure's ${url} needs an \`api_version\`, such as 2024-10-21; one that ends in /openai/v1 does not`,
    })
  }

  function pathOf(outgoing: Outgoing): string {
    const { path, query } = apiRoute(outgoing.path)
    const search = withVersion(query, apiVersion)
    if (isNewer) return `/v1${path}${search}`
    if (/\/openai\/deployments\/[^/]+$/.test(base)) {
      if (OF_DEPLOYMENT.test(path)) return `${path}${search}`
      throw noRoute(`the Azure deployment ${url}`, outgoing)
    }
    const api = base.endsWith('/openai') ? '' : '/openai'
    if (OF_DEPLOYMENT.test(path)) {
      return `${api}/deployments/${encodeURIComponent(modelOf(outgoing))}${path}${search}`
    }
    if (BESIDE.test(path)) return `${api}${path}${search}`
    throw noRoute('Azure', outgoing)
  }

  return {
    kind: 'openai',
    headers: keyed,
    translate: (outgoing) => ({
      outgoing: { ...outgoing, path: pathOf(outgoing), headers: keyed(outgoing.headers) },
    }),
  }
}

/** Tokens of Entra are JSON Web Tokens, and those stay where they are. */
function keyed(headers: Headers): Headers {
  return withKeyIn('api-key', headers, (key) => !/^eyJ[\w-]+\./.test(key))
}

function modelOf(outgoing: Outgoing): string {
  const { model } = paramsOf(outgoing)
  if (typeof model === 'string' && model !== '') return model
  throw new GatewayError('bad_body', {
    param: 'model',
    detail: '`model` must name a deployment at Azure',
  })
}

function withVersion(query: string, version: string | undefined): string {
  const isNamed = version === undefined || /(?:^|&)api-version=/.test(query)
  const all = [query, isNamed ? '' : `api-version=${encodeURIComponent(version)}`].filter(Boolean)
  return all.length === 0 ? '' : `?${all.join('&')}`
}
