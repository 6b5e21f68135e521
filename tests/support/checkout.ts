import { execFile, spawn, type ChildProcess } from 'node:child_process'
import { once } from 'node:events'
import { cpSync, mkdtempSync, rmSync, symlinkSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join, relative } from 'node:path'
import { ROOT } from './readme.ts'

const NOT_CHECKED_OUT: ReadonlySet<string> = new Set(['.git', 'node_modules', 'dist', 'data'])

export interface Ran {
  readonly out: string
  readonly err: string
  readonly code: number | null
}

/** A copy of the checkout in which a newcomer's commands are run. */
export interface Checkout {
  readonly dir: string
  /** Runs a command line to its end. */
  run(command: string): Promise<Ran>
  /** Starts a gateway in the background in place of the one before; resolves when it is up. */
  serve(command: string): Promise<void>
  /** Stops the gateway as a terminal does and waits until it is gone. */
  stop(): Promise<void>
}

export function copyCheckout(
  t: { after(undo: () => unknown): void },
  env: Readonly<Record<string, string>>,
): Checkout {
  const dir = mkdtempSync(join(tmpdir(), 'sluice-readme-'))
  cpSync(ROOT, dir, {
    recursive: true,
    filter: (source) => !NOT_CHECKED_OUT.has(relative(ROOT, source)),
  })
  symlinkSync(join(ROOT, 'node_modules'), join(dir, 'node_modules'))
  const options = { cwd: dir, env: { ...process.env, NO_COLOR: '1', ...env } }
  let server: ChildProcess | undefined

  /** npm, its shell and the gateway are one process group. */
  async function stop(): Promise<void> {
    if (server?.pid === undefined || server.exitCode !== null || server.signalCode !== null) return
    const exited = once(server, 'exit')
    process.kill(-server.pid, 'SIGTERM')
    await exited
  }

  t.after(async () => {
    await stop()
    rmSync(dir, { recursive: true, force: true })
  })
  return {
    dir,
    stop,
    run(command) {
      const { promise, resolve } = Promise.withResolvers<Ran>()
      const child = execFile('sh', ['-c', command], options, (_error, out, err) =>
        resolve({ out, err, code: child.exitCode }),
      )
      return promise
    },
    async serve(command) {
      await stop()
      const child = spawn('sh', ['-c', command], {
        ...options,
        detached: true,
        stdio: ['ignore', 'pipe', 'inherit'],
      })
      server = child
      let out = ''
      child.stdout.setEncoding('utf8').on('data', (text: string) => (out += text))
      while (!/base URL +http/.test(out)) {
        await Promise.race([once(child.stdout, 'data'), once(child, 'exit')])
        if (child.exitCode !== null) throw new Error(`${command} ended with ${child.exitCode}`)
      }
    },
  }
}
