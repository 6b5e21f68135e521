import type { Reply, Upstream } from '../plugin/index.ts'

/**
 * Lets a call end while an upstream that knows nothing of abort signals is still thinking: one that a
 * plugin made. What it does after that is its own affair.
 */
export async function sendAbortably(
  send: Upstream['send'],
  ...[outgoing, signal]: Parameters<Upstream['send']>
): Promise<Reply> {
  const aborted = untilAborted(signal)
  const reply = await Promise.race([send(outgoing, signal), aborted])
  return { ...reply, body: read(reply.body, aborted) }
}

async function* read(body: Reply['body'], aborted: Promise<never>): AsyncGenerator<Uint8Array> {
  const chunks = body[Symbol.asyncIterator]()
  let isDone = false
  try {
    for (;;) {
      const next = await Promise.race([chunks.next(), aborted])
      if (next.done) break
      yield next.value
    }
    isDone = true
  } finally {
    // Not awaited: a generator that waits for something else answers only when that has come.
    if (!isDone) void chunks.return?.()?.then(undefined, () => {})
  }
}

function untilAborted(signal: AbortSignal): Promise<never> {
  const { promise, reject } = Promise.withResolvers<never>()
  promise.catch(() => {}) // Nobody may be waiting when it happens.
  if (signal.aborted) reject(signal.reason)
  else signal.addEventListener('abort', () => reject(signal.reason), { once: true })
  return promise
}
