import { pino, type Logger } from 'pino'

export type { Logger } from 'pino'

export type LogLevel = 'trace' | 'debug' | 'info' | 'warn' | 'error' | 'silent'

/**
 * The gateway's logger: one JSON object per line on stderr, so that stdout stays free for a command's
 * own output. Bodies, keys and headers are never handed to it.
 */
export function createLogger(
  level: LogLevel,
  destination: NodeJS.WritableStream = process.stderr,
): Logger {
  return pino(
    {
      level,
      base: null,
      timestamp: pino.stdTimeFunctions.isoTime,
      formatters: { level: (label) => ({ level: label }) },
      redact: {
        paths: ['*.authorization', '*.api_key', 'headers', '*.headers.authorization'],
        censor: '[redacted]',
      },
    },
    destination,
  )
}
