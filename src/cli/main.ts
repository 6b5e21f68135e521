#!/usr/bin/env node
import { Command, CommanderError } from 'commander'
import { VERSION } from '../app/index.ts'
import { GatewayError } from '../errors/index.ts'
import { registerConfig } from './commands/config.ts'
import { registerDemo } from './commands/demo.ts'
import { registerServe } from './commands/serve.ts'
import { registerSlug } from './commands/slug.ts'
import { registerTraces } from './commands/traces.ts'
import type { Io } from './io.ts'

const io: Io = {
  stdout: process.stdout,
  stderr: process.stderr,
  columns: process.stdout.columns ?? 80,
  ...(process.stderr.isTTY ? { errorColumns: process.stderr.columns } : {}),
  color: process.stdout.isTTY && process.stdout.hasColors(),
}

// A reader that has seen enough, such as head, closes the pipe: that is no failure of ours.
process.stdout.on('error', (error: NodeJS.ErrnoException) => {
  if (error.code === 'EPIPE') process.exit(0)
  throw error
})

const program = new Command('sluice')
  .description('A gateway that keeps a durable, token-exact trace of every model call.')
  .version(VERSION)
  .exitOverride()
  .configureOutput({ outputError: (text, write) => write(reword(text)) })
registerServe(program, io)
registerDemo(program, io)
registerTraces(program, io)
registerSlug(program, io)
registerConfig(program, io)

try {
  await program.parseAsync()
} catch (thrown) {
  process.exitCode = explain(thrown)
}

/** Commander's errors in this program's own form; it takes an unknown command for an argument. */
function reword(text: string): string {
  const [, command] = /^error: too many arguments for 'serve'.+: (.+)\.$/.exec(text.trim()) ?? []
  if (command !== undefined) return `sluice: there is no command "${command}"; see sluice --help\n`
  return text.replace(/^error: /, 'sluice: ')
}

/** One line for what a user can mend; a stack only for what nobody expected. */
function explain(thrown: unknown): number {
  if (thrown instanceof CommanderError) return thrown.exitCode
  const unexpected = !(thrown instanceof GatewayError) || thrown.code === 'internal'
  const text =
    thrown instanceof Error ? (unexpected && thrown.stack) || thrown.message : String(thrown)
  process.stderr.write(`sluice: ${text}\n`)
  return 1
}
