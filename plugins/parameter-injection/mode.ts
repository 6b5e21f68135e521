import { GatewayError, type Call, type UpstreamKind } from 'sluice/plugin'
import { MODES, type Mode, type Settings } from './settings.ts'

/** The mode of one attempt. The call's own wish comes first, then its model, then the upstream's kind. */
export function modeFor(settings: Settings, call: Call, kind: UpstreamKind): Mode {
  return (
    modeInMetadata(settings, call) ??
    modeOfModel(settings.models, call.model) ??
    settings.kinds[kind] ??
    settings.logprobs
  )
}

/** True when this mode asks this kind for logprobs. `auto` asks nobody who may charge or refuse. */
export function asksLogprobs(mode: Mode, kind: UpstreamKind): boolean {
  if (mode === 'auto') return kind !== 'openai' && kind !== 'generic'
  return mode !== 'off'
}

/**
 * What the call's metadata says, or undefined when it says nothing.
 *
 * @throws GatewayError `bad_metadata`
 */
export function modeInMetadata(settings: Settings, call: Call): Mode | undefined {
  const value = call.metadata[settings.metadataKey]
  if (value === undefined || value === null) return undefined
  if (isMode(value)) return value
  throw new GatewayError('bad_metadata', {
    detail: `"${settings.metadataKey}" is ${JSON.stringify(value)}; it must be one of ${MODES.join(', ')}`,
    param: settings.metadataKey,
  })
}

function modeOfModel(models: Settings['models'], model: string): Mode | undefined {
  for (const [pattern, mode] of Object.entries(models)) {
    if (matches(pattern.split('*'), model)) return mode
  }
  return undefined
}

/** Looks for the pieces from left to right; linear, so that no pattern can be made to backtrack. */
function matches(pieces: readonly string[], text: string): boolean {
  const [first = '', ...rest] = pieces
  const last = rest.pop()
  if (last === undefined) return text === first
  if (!text.startsWith(first)) return false
  let at = first.length
  for (const piece of rest) {
    const found = text.indexOf(piece, at)
    if (found < 0) return false
    at = found + piece.length
  }
  return text.length - last.length >= at && text.endsWith(last)
}

function isMode(value: unknown): value is Mode {
  return typeof value === 'string' && MODES.includes(value)
}
