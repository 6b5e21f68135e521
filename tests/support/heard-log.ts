import { PassThrough } from 'node:stream'
import { createLogger, type Logger } from '../../src/util/log.ts'

export interface HeardLog {
  readonly log: Logger
  /** Every line so far, as it was written. */
  readonly lines: readonly string[]
  /** Resolves when a line holds this text, also one that was written before. */
  line(text: string): Promise<string>
}

/** A log that is listened to. */
export function createHeardLog(): HeardLog {
  const destination = new PassThrough()
  const lines: string[] = []
  let waiting: { text: string; resolve: (line: string) => void }[] = []
  destination.setEncoding('utf8').on('data', (data: string) => {
    for (const line of data.split('\n').filter(Boolean)) {
      lines.push(line)
      for (const { text, resolve } of waiting) if (line.includes(text)) resolve(line)
      waiting = waiting.filter(({ text }) => !line.includes(text))
    }
  })
  return {
    log: createLogger('debug', destination),
    lines,
    line(text) {
      const there = lines.find((line) => line.includes(text))
      if (there !== undefined) return Promise.resolve(there)
      return new Promise((resolve) => waiting.push({ text, resolve }))
    },
  }
}
