import { execFile, spawn, type ChildProcess } from 'node:child_process'
import { once } from 'node:events'
import { fileURLToPath } from 'node:url'

const MAIN = fileURLToPath(new URL('../../src/cli/main.ts', import.meta.url))
const NODE_ARGS = ['--conditions=sluice-source', MAIN]

export interface Ended {
  readonly out: string
  readonly err: string
  readonly code: number | null
}

/** Where a command runs: a folder of its own, so that it cannot touch the checkout. */
export interface Place {
  readonly cwd: string
  readonly env?: Readonly<Record<string, string>>
}

/** Runs the real command to its end. */
export function sluice({ cwd, env }: Place, ...args: readonly string[]): Promise<Ended> {
  const { promise, resolve } = Promise.withResolvers<Ended>()
  const child = execFile(
    process.execPath,
    [...NODE_ARGS, ...args],
    { cwd, env: { ...process.env, NO_COLOR: '1', ...env } },
    (_error, out, err) => resolve({ out, err, code: child.exitCode }),
  )
  return promise
}

/** A gateway started as a person starts it, with its start-up screen. */
export interface Served {
  readonly child: ChildProcess
  /** What it wrote to standard output; complete, because it is written at once. */
  readonly screen: string
  /** The address the screen gives, or `--quiet` and `--json` in its place. */
  readonly url: string
  readonly errors: () => string
  /** Sends the signal and waits for the exit code. */
  stop(signal: NodeJS.Signals): Promise<number | null>
}

/** Runs `sluice` with these arguments until its screen is there; killed when the test ends. */
export async function serve(
  t: { after(undo: () => unknown): void },
  { cwd, env }: Place,
  ...args: readonly string[]
): Promise<Served> {
  const child = spawn(process.execPath, [...NODE_ARGS, ...args], {
    cwd,
    env: { ...process.env, NO_COLOR: '1', ...env },
    stdio: ['ignore', 'pipe', 'pipe'],
  })
  const exited = once(child, 'exit')
  let errors = ''
  child.stderr.setEncoding('utf8').on('data', (text: string) => (errors += text))
  t.after(async () => {
    if (child.exitCode === null && child.signalCode === null) child.kill('SIGKILL')
    await exited
  })
  const [screen] = await Promise.race([
    once(child.stdout.setEncoding('utf8'), 'data') as Promise<[string]>,
    exited.then((): never => {
      throw new Error(`the gateway did not start: ${errors}`)
    }),
  ])
  const url =
    /base URL +(http:\S+)\/v1/.exec(screen)?.[1] ??
    /^(?:\{"url":")?(http:[^"\s]+)/.exec(screen)?.[1]
  if (url === undefined) throw new Error(`no base URL in:\n${screen}`)
  return {
    child,
    screen,
    url,
    errors: () => errors,
    async stop(signal) {
      child.kill(signal)
      await exited
      return child.exitCode
    },
  }
}
