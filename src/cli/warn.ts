import type { Io } from './io.ts'
import { painter } from './paint.ts'
import { wrap } from './text.ts'

/** Tells on standard error what deserves attention: one line, broken only to fit a terminal. */
export function warn(io: Io, message: string): void {
  const [first = '', ...rest] = wrap(`sluice: warning: ${message}`, io.errorColumns ?? Infinity)
  const paint = painter(io)
  const lines = [first, ...rest].map((line) =>
    io.errorColumns === undefined ? line : paint('yellow', line),
  )
  io.stderr.write(`${lines.join('\n')}\n`)
}
