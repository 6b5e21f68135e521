import type { Context } from 'koa'
import { GatewayError } from '../errors/index.ts'
import {
  isObject,
  type Headers,
  type Json,
  type JsonObject,
  type Reply,
  type Upstream,
} from '../plugin/index.ts'
import type { HttpUpstream } from '../upstream/index.ts'
import { forwardable } from '../wire/headers.ts'
import { parseJson } from '../wire/json-parse.ts'
import { dropOwnSecrets } from './attempt.ts'
import type { CallState } from './call-state.ts'
import type { Parts } from './parts.ts'

/** What LiteLLM's proxy writes, in seconds since the epoch; nobody knows when a model was made. */
const CREATED = 1_677_610_602

/** How long a server may take to say what it serves, in milliseconds. */
const ASKED_FOR_MS = 2_000
/** Nobody has so many models. */
const LONGEST_LIST_BYTES = 8_388_608

type ModelsContext = Context & { readonly state: CallState }

/** A model as OpenAI's API shows it; servers say more of theirs. */
export interface ModelEntry extends JsonObject {
  readonly id: string
}

/** A model of which only the name is known. */
export function modelEntry(id: string): ModelEntry {
  return { id, object: 'model', created: CREATED, owned_by: 'openai' }
}

/**
 * What the upstreams serve, in their order and each name once, patterns included, and behind them the
 * aliases that are shown. A server of which the configuration says nothing is asked, and its entries are
 * kept as they are; one that is down, or does not answer in time, is left out.
 */
export async function knownModels(
  ctx: ModelsContext,
  parts: Parts,
  signal: AbortSignal,
): Promise<readonly ModelEntry[]> {
  const { upstreams, forwarding } = parts
  const bounded = AbortSignal.any([signal, AbortSignal.timeout(ASKED_FOR_MS)])
  const found = await Promise.all(
    upstreams.list().map((upstream) => entriesOf(upstream, ctx, parts, bounded)),
  )
  const entries = new Map<string, ModelEntry>()
  const add = (entry: ModelEntry): void => {
    if (!entries.has(entry.id)) entries.set(entry.id, entry)
  }
  for (const entry of found.flat()) add(entry)
  for (const [alias, model] of forwarding.aliases) {
    if (forwarding.hiddenAliases.has(alias) || !upstreams.serves(model)) continue
    add(modelEntry(alias))
  }
  return [...entries.values()]
}

async function entriesOf(
  upstream: HttpUpstream,
  ctx: ModelsContext,
  parts: Parts,
  signal: AbortSignal,
): Promise<readonly ModelEntry[]> {
  if (upstream.models) return upstream.models.map(modelEntry)
  if (!upstream.healthy) return []
  try {
    return await said(upstream, headersFor(upstream, ctx, parts), signal)
  } catch (error) {
    parts.log.debug({ upstream: upstream.name, err: error }, 'an upstream did not list its models')
    return []
  }
}

/** The entries of the server's own list; none where its answer is an error or no list. */
async function said(
  upstream: Upstream,
  headers: Headers,
  signal: AbortSignal,
): Promise<readonly ModelEntry[]> {
  const reply = await upstream.send(
    { method: 'GET', path: '/v1/models', headers, body: null },
    signal,
  )
  const text = await textOf(reply)
  if (reply.status !== 200) return []
  const list = parseJson(text)
  const data = isObject(list) ? list['data'] : undefined
  if (!Array.isArray(data)) return []
  return (data as readonly Json[]).filter(isEntry)
}

/** @throws {GatewayError} `upstream_too_large` */
async function textOf({ body }: Reply): Promise<string> {
  const pieces: Uint8Array[] = []
  let size = 0
  for await (const piece of body) {
    size += piece.length
    if (size > LONGEST_LIST_BYTES) throw new GatewayError('upstream_too_large')
    pieces.push(piece)
  }
  return Buffer.concat(pieces).toString()
}

function isEntry(value: Json): value is ModelEntry {
  return isObject(value) && typeof value['id'] === 'string' && value['id'] !== ''
}

function headersFor(upstream: HttpUpstream, { req, state }: ModelsContext, parts: Parts): Headers {
  const { passAuthorization } = upstream
  const { authorization } = forwardable(req.headers, { passAuthorization })
  const headers: Record<string, string> = {
    accept: 'application/json',
    via: [req.headers.via, `1.1 ${parts.viaName}`].filter(Boolean).join(', '),
    'x-request-id': state.requestId,
    ...(authorization === undefined ? {} : { authorization }),
  }
  dropOwnSecrets(headers, state, parts)
  return headers
}
