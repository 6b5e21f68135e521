/** The public door for clients: `import { encodeMetadataSlug } from 'sluice/client'`. */
export type { Json, JsonObject } from '../plugin/json.ts'
export { buildProxiedBaseUrl, extractMetadataFromPath, type ExtractedPath } from './proxied-url.ts'
export { assembleRoutingMetadata, type SessionContext } from './routing-metadata.ts'
export { SlugError, type SlugDefect } from './slug-error.ts'
export { decodeMetadataSlug, encodeMetadataSlug, MAX_SLUG_LENGTH, SLUG_PREFIX } from './slug.ts'
