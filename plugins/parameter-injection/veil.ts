import { isObject, type Chunk, type Json, type JsonObject, type Tap } from 'sluice/plugin'
import type { Hidden } from './hidden.ts'

/** A path of the reply, also cut at its dots. */
interface Target {
  readonly path: string
  readonly keys: readonly string[]
  readonly evenNull: boolean
}

/** The tap that keeps what is hidden from the caller; nothing when nothing is. */
export function createVeil({ values, keys, usage, emptied }: Hidden): Tap | undefined {
  const targets = [
    ...values.map((path) => target(path, false)),
    ...keys.map((path) => target(path, true)),
  ]
  if (targets.length === 0 && !usage) return undefined
  return {
    chunk(chunk) {
      const { outline: data } = chunk
      if (!isObject(data)) return
      if (usage && isUsageChunk(data)) return null
      const cuts: string[] = []
      for (const { path, keys: steps, evenNull } of targets) {
        if (reaches(data, steps, 0, evenNull)) cuts.push(path)
      }
      if (usage && data['usage'] === null) cuts.push('usage')
      if (cuts.length === 0) return
      if (emptied && isEmptied(data, cuts)) return null
      return cutExtension(chunk, data, cuts)
    },
  }
}

/** SGLang's ids come in an object of their own, which is not left behind empty, nor is its chunk. */
function cutExtension(chunk: Chunk, data: JsonObject, cuts: readonly string[]): Chunk | null {
  const extension = data['sglext']
  const goes =
    isObject(extension) && Object.keys(extension).every((key) => cuts.includes(`sglext.${key}`))
  if (!goes) return chunk.omit(...cuts)
  if (isEmptyList(data['choices']) && !isObject(data['usage'])) return null
  return chunk.omit('sglext', ...cuts.filter((path) => !path.startsWith('sglext.')))
}

function isUsageChunk(data: JsonObject): boolean {
  return isObject(data['usage']) && isEmptyList(data['choices'])
}

/** True for a streamed chunk whose choices say nothing once the cuts are made. */
function isEmptied(data: JsonObject, cuts: readonly string[]): boolean {
  const choices = data['choices']
  if (!Array.isArray(choices) || choices.length === 0 || isObject(data['usage'])) return false
  return choices.every((choice: Json) => isObject(choice) && isEmptiedChoice(choice, cuts))
}

function isEmptiedChoice(choice: JsonObject, cuts: readonly string[]): boolean {
  const { delta } = choice
  if (!isObject(delta)) return false
  for (const key in delta) if (!cuts.includes(`choices.*.delta.${key}`)) return false
  for (const key in choice) {
    const isFrame = key === 'index' || key === 'delta' || choice[key] === null
    if (!isFrame && !cuts.includes(`choices.*.${key}`)) return false
  }
  return true
}

/** True when there is a value at the path, in at least one choice where the path goes through them. */
function reaches(
  value: Json | undefined,
  keys: readonly string[],
  at: number,
  evenNull: boolean,
): boolean {
  const key = keys[at]
  if (key === undefined) return value !== undefined && (evenNull || value !== null)
  if (key !== '*') return isObject(value) && reaches(value[key], keys, at + 1, evenNull)
  if (!Array.isArray(value)) return false
  for (const item of value) if (reaches(item, keys, at + 1, evenNull)) return true
  return false
}

function isEmptyList(value: Json | undefined): boolean {
  return Array.isArray(value) && value.length === 0
}

function target(path: string, evenNull: boolean): Target {
  return { path, keys: path.split('.'), evenNull }
}
