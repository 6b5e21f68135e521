import type { Log } from '../plugin/index.ts'

/** One line a plugin logged. */
export interface LogLine {
  readonly level: 'debug' | 'info' | 'warn' | 'error'
  readonly fields: object
  readonly message: string
}

/** A log that keeps its lines. */
export function createRecordingLog(lines: LogLine[]): Log {
  const writer =
    (level: LogLine['level']) =>
    (fields: object | string, message = ''): void => {
      lines.push(
        typeof fields === 'string'
          ? { level, fields: {}, message: fields }
          : { level, fields, message },
      )
    }
  return {
    debug: writer('debug'),
    info: writer('info'),
    warn: writer('warn'),
    error: writer('error'),
  }
}
