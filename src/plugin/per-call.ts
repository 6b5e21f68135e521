import type { Call } from './call.ts'

/** Private state of one plugin for one call, made on first use and gone with the call. */
export function perCall<T>(create: (call: Call) => T): (call: Call) => T {
  const states = new WeakMap<Call, { readonly value: T }>()
  return (call) => {
    let state = states.get(call)
    if (!state) states.set(call, (state = { value: create(call) }))
    return state.value
  }
}
