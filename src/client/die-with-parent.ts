/**
 * Loaded into a gateway that a `ProxyManager` starts, before its own code. The manager holds the other
 * end of standard input: when it is gone, however it died, the gateway is told to stop.
 */
import { isMainThread } from 'node:worker_threads'

// Threads load what the process loaded, and have a standard input of their own that is always at its end.
if (isMainThread) {
  const stop = (): void => void process.kill(process.pid, 'SIGTERM')
  process.stdin.once('end', stop).once('error', stop).resume()
  process.stdin.unref()
}
