import got from 'got'
import type { Headers } from '../plugin/index.ts'

export interface ProbeOptions {
  /** Milliseconds between two probes; 0 probes never. */
  readonly intervalMs: number
  readonly timeoutMs: number
  /** Begins with a slash. */
  readonly path: string
}

/** Somebody to probe. */
export interface Probed {
  readonly url: string
  readonly headers: Headers
  /** Asked before each probe: what a server is may turn out later. */
  readonly isProbed: () => boolean
  /** Hears of each probe; null when it was answered. */
  readonly report: (why: string | null) => void
}

/** Probes a member at jittered intervals until the signal aborts. */
export function keepProbing(member: Probed, options: ProbeOptions, signal: AbortSignal): void {
  if (options.intervalMs === 0) return
  let timer: NodeJS.Timeout | undefined
  const probeAfter = (ms: number): void => {
    timer = setTimeout(() => void probeNow(), ms).unref()
  }
  const probeNow = async (): Promise<void> => {
    if (member.isProbed()) {
      const why = await probe(member, options, signal)
      if (signal.aborted) return
      member.report(why)
    }
    probeAfter(options.intervalMs * (0.9 + Math.random() * 0.2))
  }
  signal.addEventListener('abort', () => clearTimeout(timer), { once: true })
  // Not all at once, neither here nor on the other replicas.
  probeAfter(options.intervalMs * Math.random())
}

/**
 * Asks once. Whatever is below 500 is a sign of life: servers without the route answer 404, those that
 * want a key 401. Only the head is read.
 */
async function probe(
  { url, headers }: Probed,
  { path, timeoutMs }: ProbeOptions,
  signal: AbortSignal,
): Promise<string | null> {
  const request = got.stream(url + path, {
    headers: { ...headers },
    timeout: { request: timeoutMs },
    retry: { limit: 0 },
    followRedirect: false,
    throwHttpErrors: false,
    // A kept socket that the server is just closing would look like a dead server.
    agent: { http: false, https: false },
    signal,
  })
  try {
    const status = await new Promise<number>((resolve, reject) => {
      request.once('response', (reply: { statusCode: number }) => resolve(reply.statusCode))
      request.on('error', reject)
    })
    return status < 500 ? null : `HTTP ${status}`
  } catch (error) {
    const { code, message } = error as NodeJS.ErrnoException
    return code ?? message
  } finally {
    request.destroy()
  }
}
