export type { AdminParts, UpstreamStatus } from './parts.ts'
export { createAdminRouter } from './router.ts'
