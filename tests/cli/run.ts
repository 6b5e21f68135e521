import { PassThrough } from 'node:stream'
import { Command, CommanderError } from 'commander'
import { registerSlug } from '../../src/cli/commands/slug.ts'
import { registerTraces } from '../../src/cli/commands/traces.ts'
import { widthOf } from '../../src/cli/text.ts'

export interface Ran {
  readonly out: string
  readonly err: string
  readonly code: number
}

export interface Terminal {
  readonly columns?: number
  readonly color?: boolean
  /** Called with everything written to standard output so far, each time something is. */
  readonly onOut?: (out: string) => void
}

/** Runs a command line in this process and gives back what it wrote. */
export async function run(args: readonly string[], terminal: Terminal = {}): Promise<Ran> {
  const { columns = 80, color = false, onOut } = terminal
  const stdout = collect(onOut)
  const stderr = collect()
  const io = { stdout: stdout.stream, stderr: stderr.stream, columns, color }
  const program = new Command('sluice').exitOverride().configureOutput({
    writeOut: (text) => io.stdout.write(text),
    writeErr: (text) => io.stderr.write(text),
  })
  registerSlug(program, io)
  registerTraces(program, io)
  let code = 0
  try {
    await program.parseAsync([...args], { from: 'user' })
  } catch (thrown) {
    if (!(thrown instanceof CommanderError)) throw thrown
    code = thrown.exitCode
  }
  return { out: stdout.text(), err: stderr.text(), code }
}

export function widest(text: string): number {
  return Math.max(...text.split('\n').map(widthOf))
}

function collect(onText?: (text: string) => void): { stream: PassThrough; text: () => string } {
  const stream = new PassThrough()
  let text = ''
  stream.setEncoding('utf8')
  stream.on('data', (piece: string) => {
    text += piece
    onText?.(text)
  })
  return { stream, text: () => text }
}
