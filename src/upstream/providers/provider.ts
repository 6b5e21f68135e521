import type { Headers, Outgoing, Reply, UpstreamKind } from '../../plugin/index.ts'
import type { HttpUpstream } from '../http-upstream.ts'

/** A service that speaks another language than the gateway, or the same one at other places. */
export interface Provider {
  /** What is known of its servers without asking them; null: they are to be asked. */
  readonly kind: UpstreamKind | null
  /** Configured or forwarded headers as the service wants them: each has its own one for the key. */
  headers(headers: Headers): Headers
  /**
   * A call as the service takes it.
   *
   * @throws {GatewayError} `route_not_found` when it has no such route, `bad_body` or `bad_json` when what
   * the call asks for cannot be said there
   */
  translate(outgoing: Outgoing, kind: UpstreamKind): Translated
}

export interface Translated {
  readonly outgoing: Outgoing
  /** Turns the service's reply into OpenAI's; absent where it passes as it is. */
  readonly reply?: (reply: Reply) => Reply
}

/**
 * An upstream whose calls and replies are translated on the way, so that everything in the gateway sees
 * OpenAI's dialect. The headers that `inner` adds to every call must have been through
 * {@link Provider.headers} already.
 */
export function withProvider(inner: HttpUpstream, provider: Provider): HttpUpstream {
  // Health, load and kind of an upstream change: they are looked up in the inner one, not copied.
  return Object.create(inner, {
    send: {
      enumerable: true,
      async value(outgoing: Outgoing, signal: AbortSignal): Promise<Reply> {
        const translated = provider.translate(outgoing, inner.kind)
        const reply = await inner.send(translated.outgoing, signal)
        return translated.reply?.(reply) ?? reply
      },
    },
  }) as HttpUpstream
}
