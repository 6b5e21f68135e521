import { bytesOf, type ByteReader, type ByteWriter } from './bytes.ts'

/** Where a list of token ids is: `n` varints in the payload, or here when one is no 32-bit integer. */
export type IdColumn = number | { readonly ids: readonly number[] } | null

/** Where a list of probabilities is: `n` floats in the payload, four or eight bytes wide. */
export type FloatColumn = readonly ['f32' | 'f64', number] | null

export function writeIds(to: ByteWriter, ids: readonly number[] | null): IdColumn {
  if (ids === null) return null
  if (!ids.every(isInt32)) return { ids }
  for (const id of ids) to.varint(id >>> 0)
  return ids.length
}

export function readIds(from: ByteReader, column: IdColumn): number[] | null {
  if (column === null) return null
  if (typeof column === 'object') return [...column.ids]
  return Array.from({ length: column }, () => from.varint() | 0)
}

/**
 * Writes floats as narrow as loses nothing: engines compute in 32 bits and print the digits of a
 * double. Null is kept as NaN, which JSON cannot hold and no engine can therefore send.
 */
export function writeFloats(
  to: ByteWriter,
  values: readonly (number | null)[] | null,
): FloatColumn {
  if (values === null) return null
  const narrow = values.every((value) => value === null || Math.fround(value) === value)
  const packed = narrow ? new Float32Array(values.length) : new Float64Array(values.length)
  for (const [at, value] of values.entries()) packed[at] = value ?? Number.NaN
  to.bytes(transpose(bytesOf(packed), packed.BYTES_PER_ELEMENT))
  return [narrow ? 'f32' : 'f64', values.length]
}

export function readFloats(from: ByteReader, column: FloatColumn): (number | null)[] | null {
  if (column === null) return null
  const [type, length] = column
  const width = type === 'f32' ? 4 : 8
  const memory = transpose(from.bytes(length * width), length).buffer
  const packed = type === 'f32' ? new Float32Array(memory) : new Float64Array(memory)
  return Array.from(packed, (value) => (Number.isNaN(value) ? null : value))
}

/** Ids as one packed array, or null when one of them is no 32-bit integer. */
export function packIds(...lists: readonly (readonly number[])[]): Int32Array | null {
  const packed = new Int32Array(lists.reduce((sum, list) => sum + list.length, 0))
  let at = 0
  for (const list of lists) {
    for (const id of list) {
      if (!isInt32(id)) return null
      packed[at++] = id
    }
  }
  return packed
}

function isInt32(value: number): boolean {
  return (value | 0) === value
}

/**
 * Rows become columns: the first byte of every number, then the second, … Signs and exponents, which
 * resemble each other, come to stand together, where zstd finds them. Undone by the other width.
 */
function transpose(bytes: Uint8Array, width: number): Uint8Array<ArrayBuffer> {
  const turned = new Uint8Array(bytes.length)
  if (width === 0) return turned
  const rows = bytes.length / width
  let to = 0
  for (let column = 0; column < width; column++) {
    for (let row = 0; row < rows; row++) turned[to++] = bytes[row * width + column] as number
  }
  return turned
}
