/**
 * Loaded into every measured process with `--import`: answers each message with what the process has
 * used so far, all threads together, and ends it when the benchmark is gone.
 */
import { isMainThread } from 'node:worker_threads'

if (isMainThread && process.send) {
  process.on('message', () => {
    const { user, system } = process.cpuUsage()
    process.send?.({ cpuMicros: user + system, rssBytes: process.memoryUsage.rss() })
  })
  process.on('disconnect', () => process.exit())
  // Listening must not keep a process alive that has nothing else to do.
  process.channel?.unref()
}
