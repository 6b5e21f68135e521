import { isObject, type Json, type JsonObject } from 'sluice/plugin'
import { unexpected } from './reply-fold.ts'

/** The tool calls of one message, by the index the server gives them; it may start at 1 or have holes. */
export interface ToolCalls {
  readonly byIndex: Map<number, ToolCall>
  latest: number
  highest: number
}

interface ToolCall {
  id: string | null
  name: string | null
  readonly arguments: string[]
  /** Text of a custom (free-form) tool; null for functions. */
  input: string[] | null
  readonly other: Map<string, Json>
}

export function noToolCalls(): ToolCalls {
  return { byIndex: new Map(), latest: -1, highest: -1 }
}

/** Merges the `tool_calls` of one delta: ids and names are replaced, arguments and input appended. */
export function foldToolCalls(calls: ToolCalls, delta: Json, warnings: Set<string>): void {
  if (!Array.isArray(delta)) return unexpected(warnings, 'delta.tool_calls')
  for (const entry of delta) {
    if (isObject(entry)) foldToolCall(callFor(calls, entry), entry, warnings)
    else unexpected(warnings, 'delta.tool_calls')
  }
}

/** The calls as a message holds them: in order of index, without holes, arguments always a string. */
export function joinToolCalls(calls: ToolCalls): readonly JsonObject[] {
  return [...calls.byIndex]
    .toSorted(([a], [b]) => a - b)
    .map(([, call]) => ({
      ...(call.id !== null && { id: call.id }),
      ...Object.fromEntries(call.other),
      ...(call.input
        ? { custom: { ...named(call.name), input: call.input.join('') } }
        : { function: { ...named(call.name), arguments: call.arguments.join('') } }),
    }))
}

function foldToolCall(call: ToolCall, entry: JsonObject, warnings: Set<string>): void {
  for (const key in entry) {
    const value = entry[key]
    // SGLang sends id and name as null on every later fragment; null never replaces anything.
    if (value === null || value === undefined || key === 'index') continue
    if (key === 'function') foldFunction(call, value, warnings)
    else if (key === 'custom') foldCustom(call, value, warnings)
    else if (key !== 'id') call.other.set(key, value)
    else if (typeof value === 'string') call.id = value
    else unexpected(warnings, 'tool_calls.id')
  }
}

function foldFunction(call: ToolCall, value: Json, warnings: Set<string>): void {
  if (!isObject(value)) return unexpected(warnings, 'tool_calls.function')
  if (typeof value['name'] === 'string') call.name = value['name']
  const text = value['arguments'] ?? ''
  if (typeof text === 'string') call.arguments.push(text)
  else unexpected(warnings, 'tool_calls.function.arguments')
}

function foldCustom(call: ToolCall, value: Json, warnings: Set<string>): void {
  if (!isObject(value)) return unexpected(warnings, 'tool_calls.custom')
  if (typeof value['name'] === 'string') call.name = value['name']
  const text = value['input'] ?? ''
  if (typeof text === 'string') (call.input ??= []).push(text)
  else unexpected(warnings, 'tool_calls.custom.input')
}

function callFor(calls: ToolCalls, entry: JsonObject): ToolCall {
  calls.latest = indexOf(calls, entry)
  let call = calls.byIndex.get(calls.latest)
  if (!call) {
    call = { id: null, name: null, arguments: [], input: null, other: new Map() }
    calls.byIndex.set(calls.latest, call)
    calls.highest = Math.max(calls.highest, calls.latest)
  }
  return call
}

/** Some servers give no index: then a new id begins a new call, and anything else continues the latest. */
function indexOf(calls: ToolCalls, entry: JsonObject): number {
  const { index, id } = entry
  if (typeof index === 'number') return index
  if (typeof id !== 'string') return Math.max(calls.latest, 0)
  for (const [known, call] of calls.byIndex) if (call.id === id) return known
  return calls.highest + 1
}

function named(name: string | null): JsonObject {
  return name === null ? {} : { name }
}
