export { adaptLitellm } from './adapt.ts'
export { withIncludes } from './include.ts'
export { singleServer } from './single-server.ts'
