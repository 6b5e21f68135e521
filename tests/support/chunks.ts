import type { Chunk, Json } from 'sluice/plugin'

/** A chunk that holds this value, as a tap sees it; without the bytes a real one has. */
export function chunkOf(data: Json | undefined, event?: string): Chunk {
  return {
    event,
    text: data === undefined ? '' : JSON.stringify(data),
    data,
    outline: data,
    rows: () => undefined,
    omit: (...paths) => chunkOf(paths.reduce<Json | undefined>(without, data), event),
    replace: (other) => chunkOf(other, event),
  }
}

function without(value: Json | undefined, path: string): Json | undefined {
  if (typeof value !== 'object' || value === null) return value
  const [head = '', ...rest] = path.split('.')
  const tail = rest.join('.')
  if (Array.isArray(value)) {
    return head === '*' ? value.map((element) => without(element, tail) ?? null) : value
  }
  return Object.fromEntries(
    Object.entries(value)
      .filter(([key]) => key !== head || tail !== '')
      .map(([key, member]) => [key, key === head ? without(member, tail) : member]),
  )
}
