import type { Edit, JsonObject } from '../plugin/index.ts'
import { cutItem, endItems, keepItem, newRuns } from './cut-runs.ts'
import { applyEdits } from './edits.ts'
import type { Member } from './json-scan.ts'
import { OPEN_OBJECT } from './json-lex.ts'

/**
 * The body that says `sent`, made from the bytes that said `received`. A top-level value that is the
 * same (`===`) keeps its exact bytes, so numbers keep their digits; others are replaced, removed with
 * their comma, or appended in order. Nothing changed: `raw` itself.
 */
export function spliceObject(
  raw: Buffer,
  members: readonly Member[],
  received: JsonObject,
  sent: JsonObject,
): Buffer {
  const runs = newRuns([])
  const edits: Edit[] = []
  const last = lastOfEachKey(members)

  for (const member of members) {
    const { key, keyStart, valueStart, valueEnd } = member
    const value = Object.hasOwn(sent, key) ? sent[key] : undefined
    const same = value !== undefined && value === received[key]
    if (value === undefined || (!same && last.get(key) !== member)) {
      cutItem(runs, keyStart, valueEnd)
      continue
    }
    keepItem(runs, keyStart)
    runs.keptEnd = valueEnd
    if (!same) edits.push(replaceRange(valueStart, valueEnd, JSON.stringify(value)))
  }
  endItems(runs)

  const added = encodeAdded(sent, last)
  if (added !== '' && runs.keptEnd === -1) {
    const inside = raw.indexOf(OPEN_OBJECT) + 1
    edits.push(replaceRange(inside, inside, added))
  } else if (added !== '') {
    edits.push(replaceRange(runs.keptEnd, runs.keptEnd, `,${added}`))
  }
  // What is inserted where a cut begins comes first: sorting keeps the order of equals.
  for (const { start, end } of runs.cuts)
    edits.push({ at: start, removed: end - start, inserted: null })
  return applyEdits(
    raw,
    edits.toSorted((a, b) => a.at - b.at),
  )
}

/** Of a key that comes twice, the last one is what parsers report, so that one takes the new value. */
function lastOfEachKey(members: readonly Member[]): Map<string, Member> {
  return new Map(members.map((member) => [member.key, member]))
}

function replaceRange(start: number, end: number, json: string): Edit {
  return { at: start, removed: end - start, inserted: Buffer.from(json) }
}

/** The members that `sent` has and the body has not, joined with commas. */
function encodeAdded(sent: JsonObject, present: ReadonlyMap<string, Member>): string {
  return Object.entries(sent)
    .filter(([key, value]) => value !== undefined && !present.has(key))
    .map(([key, value]) => `${JSON.stringify(key)}:${JSON.stringify(value)}`)
    .join(',')
}
