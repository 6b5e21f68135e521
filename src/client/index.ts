/** The public door for clients: `import { encodeMetadataSlug } from 'sluice/client'`. */
export type { Json, JsonObject } from '../plugin/json.ts'
export type * from '../plugin/trace.ts'
export {
  BAGGAGE_KEY,
  baggageOf,
  extractBaggage,
  injectBaggage,
  sessionFromBaggage,
} from './baggage.ts'
export { GatewayClientError } from './client-error.ts'
export {
  configFromWorkers,
  type WorkerDefaults,
  type WorkersConfig,
} from './config-from-workers.ts'
export { GatewayClient, type GatewayClientOptions } from './gateway-client.ts'
export type { RequestOptions } from './gateway-http.ts'
export type * from './gateway-replies.ts'
export { buildProxiedBaseUrl, extractMetadataFromPath, type ExtractedPath } from './proxied-url.ts'
export type { GatewayConfig } from './proxy-config.ts'
export { ProxyManager, type ProxyManagerOptions } from './proxy-manager.ts'
export { assembleRoutingMetadata, type SessionContext } from './routing-metadata.ts'
export {
  currentMetadata,
  currentSession,
  currentSessionName,
  currentSessionUids,
  session,
  type Session,
  type SessionMetadata,
} from './session.ts'
export { SlugError, type SlugDefect } from './slug-error.ts'
export { decodeMetadataSlug, encodeMetadataSlug, MAX_SLUG_LENGTH, SLUG_PREFIX } from './slug.ts'
export { trackOpenAI, type OpenAIClient, type TrackOptions } from './tracked-openai.ts'
