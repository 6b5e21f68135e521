import type { Trace } from '../plugin/index.ts'

/** Sessions whose upstream is remembered; the one that was quiet for longest is forgotten first. */
const REMEMBERED = 10_000
/** Characters by which models are told apart: callers may write megabytes for a name. */
const MODEL_LENGTH = 128

/** Why a session was answered elsewhere: an attempt failed, its upstream is out, or it was too busy. */
export type MoveReason = 'failed' | 'unhealthy' | 'load'

/**
 * Notices sessions that change their upstream, and lose its prefix cache with it. One that goes and
 * comes back has moved twice.
 */
export function createSessionMoves(
  isHealthy: (upstream: string) => boolean,
): (trace: Trace) => MoveReason | null {
  const homes = new Map<string, string>()
  return ({ session_ids: sessions, model, upstream, attempts }) => {
    const session = sessions.at(-1) ?? 'default'
    // Where calls land that named no session; they have nothing in common.
    if (upstream === null || session === 'default') return null
    const key = `${session}\n${model.slice(0, MODEL_LENGTH)}`
    const home = homes.get(key)
    homes.delete(key)
    homes.set(key, upstream.name)
    const [oldest] = homes.keys()
    if (homes.size > REMEMBERED && oldest !== undefined) homes.delete(oldest)
    if (home === undefined || home === upstream.name) return null
    if (attempts.some(({ upstream: { name }, error }) => name === home && error)) return 'failed'
    return isHealthy(home) ? 'load' : 'unhealthy'
  }
}
