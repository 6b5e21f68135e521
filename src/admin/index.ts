export type { AdminParts, ConfigSource, Reloaded, UpstreamStatus } from './parts.ts'
export { createAdminRouter } from './router.ts'
