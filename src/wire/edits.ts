import type { Edit } from '../plugin/index.ts'

/**
 * The bytes with these edits made. `edits` are in order of `at` and do not overlap; `base` is the
 * offset of the first byte, in the numbering the edits use. No edits: the same bytes.
 */
export function applyEdits(bytes: Buffer, edits: readonly Edit[], base = 0): Buffer {
  if (edits.length === 0) return bytes
  let size = bytes.length
  for (const { removed, inserted } of edits) size += (inserted?.length ?? 0) - removed
  const edited = Buffer.allocUnsafe(size)
  let from = 0
  let to = 0
  for (const { at, removed, inserted } of edits) {
    to += bytes.copy(edited, to, from, at - base)
    if (inserted !== null) {
      edited.set(inserted, to)
      to += inserted.length
    }
    from = at - base + removed
  }
  bytes.copy(edited, to, from)
  return edited
}
