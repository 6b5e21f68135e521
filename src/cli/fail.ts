import { CommanderError } from 'commander'
import type { Io } from './io.ts'

/** Ends a command with one line for the user and exit code 1. */
export function fail(io: Io, message: string): never {
  io.stderr.write(`sluice: ${message}\n`)
  throw new CommanderError(1, 'sluice.failed', message)
}
