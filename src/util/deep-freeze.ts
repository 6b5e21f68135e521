/** Freezes a value of plain objects and arrays all the way down, and returns it. */
export function deepFreeze<T>(value: T): T {
  if (typeof value !== 'object' || value === null || Object.isFrozen(value)) return value
  if (ArrayBuffer.isView(value)) return value // The language has no frozen bytes.
  for (const inner of Object.values(value)) deepFreeze(inner)
  return Object.freeze(value)
}
