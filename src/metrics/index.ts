export { NOBODY, type Caller } from './caller.ts'
export { createMeter, METRICS_TYPE, type Asked, type Meter, type MeterParts } from './meter.ts'
export type { MeteredUpstream } from './upstream-labels.ts'
export { providerOf, tokensOf } from '../trace/index.ts'
