import type { IncomingHttpHeaders } from 'node:http'
import { badRequest } from './api-error.ts'
import { parseFault, type Fault } from './faults.ts'
import type { Settings } from './options.ts'

/** How one request is steered: the server's settings, unless its `x-sim-*` headers say otherwise. */
export interface Controls {
  readonly fault: Fault | null
  readonly replyTokens: Settings['replyTokens']
  readonly tokensPerSecond: number
  readonly ttftMs: number
  readonly tokensPerChunk: number
  /** Text the model writes, special tokens included; the header is percent-encoded. */
  readonly reply: string | null
  /** Tools the model calls whatever the prompt says. */
  readonly tools: readonly string[] | null
}

/** @throws ApiError 400 for a header that cannot be read */
export const readControls = (
  headers: IncomingHttpHeaders,
  settings: Settings,
  defaultFault: string | undefined,
): Controls => {
  const fault = text(headers, 'x-sim-fault') ?? defaultFault
  return {
    fault: fault === undefined || fault === '' ? null : parseFault(fault),
    replyTokens: number(headers, 'x-sim-tokens') ?? settings.replyTokens,
    tokensPerSecond: number(headers, 'x-sim-tps') ?? settings.tokensPerSecond,
    ttftMs: number(headers, 'x-sim-ttft-ms') ?? settings.ttftMs,
    tokensPerChunk: number(headers, 'x-sim-tokens-per-chunk') ?? settings.tokensPerChunk,
    reply: percentDecoded(text(headers, 'x-sim-reply')),
    tools:
      text(headers, 'x-sim-tool')
        ?.split(',')
        .map((name) => name.trim()) ?? null,
  }
}

const text = (headers: IncomingHttpHeaders, name: string): string | undefined => {
  const value = headers[name]
  return Array.isArray(value) ? value.join(',') : value
}

const percentDecoded = (value: string | undefined): string | null => {
  if (value === undefined) return null
  try {
    return decodeURIComponent(value)
  } catch {
    throw badRequest('x-sim-reply must be percent-encoded text.', 'x-sim-reply')
  }
}

const number = (headers: IncomingHttpHeaders, name: string): number | undefined => {
  const value = text(headers, name)
  if (value === undefined) return undefined
  const parsed = Number(value)
  if (value.trim() !== '' && Number.isFinite(parsed) && parsed >= 0) return parsed
  throw badRequest(`${name} must be a number of at least 0, got "${value}".`, name)
}
