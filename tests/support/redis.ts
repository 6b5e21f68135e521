import { execFile, execFileSync, spawn, type ChildProcess } from 'node:child_process'
import { once } from 'node:events'
import { mkdtempSync, rmSync } from 'node:fs'
import { createServer, type AddressInfo } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import { promisify } from 'node:util'

/** Give it to `skip` of a test: false, or why there is no Redis here. */
export const withoutRedis: false | string = (() => {
  try {
    execFileSync('redis-server', ['--version'], { stdio: 'ignore' })
    return false
  } catch {
    return 'redis-server is not installed: apt-get install redis-server'
  }
})()

export interface RunningRedis {
  readonly port: number
  readonly url: string
  /** SIGKILL: nothing is written, nobody is told. */
  stop(): Promise<void>
  /** Starts it again on the same port, empty. */
  start(): Promise<void>
  /** SIGSTOP: it keeps its connections and does not answer. SIGCONT wakes it. */
  signal(name: NodeJS.Signals): void
  /** Runs redis-cli, and gives what it prints. */
  cli(...args: string[]): Promise<string>
}

/** Starts a Redis of its own on a free port; stopped when the scope ends. */
export async function startRedis(scope: {
  after(undo: () => unknown): void
}): Promise<RunningRedis> {
  const dir = mkdtempSync(join(tmpdir(), 'sluice-redis-'))
  let child: ChildProcess | undefined
  let port = 0

  async function stop(): Promise<void> {
    if (!child || child.exitCode !== null || child.signalCode !== null) return
    child.kill('SIGKILL')
    await once(child, 'exit')
  }
  scope.after(async () => {
    await stop()
    rmSync(dir, { recursive: true, force: true })
  })

  async function start(): Promise<void> {
    const args = ['--port', String(port), '--bind', '127.0.0.1', '--dir', dir]
    const made = spawn('redis-server', [...args, '--save', '', '--appendonly', 'no'], {
      stdio: ['ignore', 'pipe', 'ignore'],
    })
    child = made
    const said: string[] = []
    const { promise, resolve, reject } = Promise.withResolvers<void>()
    made.once('exit', () => reject(new Error(`redis-server did not start: ${said.join('\n')}`)))
    createInterface(made.stdout).on('line', (line) => {
      said.push(line)
      if (line.includes('Ready to accept connections')) resolve()
    })
    await promise
  }

  // The port is free when it is looked for; in between somebody else may take it.
  for (let tries = 1; ; tries += 1) {
    port = await freePort()
    try {
      await start()
      break
    } catch (error) {
      if (tries === 5) throw error
    }
  }
  return {
    port,
    url: `redis://127.0.0.1:${port}/0`,
    stop,
    start,
    signal: (name) => void child?.kill(name),
    async cli(...args) {
      const { stdout } = await promisify(execFile)('redis-cli', ['-p', String(port), ...args])
      return stdout.trim()
    },
  }
}

async function freePort(): Promise<number> {
  const server = createServer().listen(0, '127.0.0.1')
  await once(server, 'listening')
  const { port } = server.address() as AddressInfo
  server.close()
  await once(server, 'close')
  return port
}
