/**
 * The public door for testing plugins: `import { loadPlugin } from 'sluice/plugin/testing'`. Plugins
 * run in the gateway's own host, on replies that are cut by the gateway's own framing.
 */
export type { CallSpec, RefusalSpec, ReplySpec } from './call-spec.ts'
export { loadPlugin, type LoadedPlugin, type LoadOptions } from './load-plugin.ts'
export type { PlayedCall } from './played-call.ts'
export type { LogLine } from './recording-log.ts'
export type { TestTraces } from './test-traces.ts'
