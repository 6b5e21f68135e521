import { spawn, type ChildProcess } from 'node:child_process'
import { once } from 'node:events'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { createInterface } from 'node:readline'
import { fileURLToPath } from 'node:url'

const MAIN = fileURLToPath(new URL('../../src/cli/main.ts', import.meta.url))

export interface RunningGateway {
  readonly url: string
  readonly port: number
  readonly dir: string
  readonly child: ChildProcess
  readonly stderr: () => string
  /** SIGTERM, and wait for the exit code. */
  stop(): Promise<number | null>
  /** SIGKILL, and wait until it is gone. */
  kill(): Promise<void>
  json(path: string, init?: RequestInit): Promise<unknown>
}

export interface GatewayOptions {
  /** Keys of gateway.yaml over the test defaults. */
  readonly config?: Record<string, unknown>
  /** Keep using a folder, for restarts. */
  readonly dir?: string
  readonly env?: Record<string, string>
  /** Run Node through this, such as a tracer. */
  readonly command?: readonly string[]
  /** Another entry point that takes the arguments of `sluice`. */
  readonly main?: string
}

/** Starts the real binary on a free port over a folder of its own; stopped when the test ends. */
export async function startGateway(
  t: { after(undo: () => unknown): void },
  options: GatewayOptions = {},
): Promise<RunningGateway> {
  const dir = options.dir ?? mkdtempSync(join(tmpdir(), 'sluice-test-'))
  const file = join(dir, 'gateway.yaml')
  const defaults = {
    port: 0,
    log_level: 'warn',
    state_dir: join(dir, 'state'),
    plugins_dir: join(dir, 'plugins'),
    // Tests count what an upstream is asked.
    health: { interval_ms: 0 },
  }
  const store = {
    path: join(dir, 'traces.db'),
    ...(options.config?.['store'] as object | undefined),
  }
  writeFileSync(file, JSON.stringify({ ...defaults, ...options.config, store }))
  const tidy = (): void => rmSync(dir, { recursive: true, force: true })
  return launch(t, file, options.dir ? options : { ...options, tidy })
}

/** Starts the real binary with a configuration that is there already; stopped when the test ends. */
export function startWithFile(
  t: { after(undo: () => unknown): void },
  file: string,
  options: Omit<LaunchOptions, 'tidy'> = {},
): Promise<RunningGateway> {
  return launch(t, file, options)
}

interface LaunchOptions extends Omit<GatewayOptions, 'config' | 'dir'> {
  /** More arguments of `sluice serve`. */
  readonly args?: readonly string[]
  /** Done when the gateway is gone. */
  readonly tidy?: () => void
}

async function launch(
  t: { after(undo: () => unknown): void },
  file: string,
  options: LaunchOptions,
): Promise<RunningGateway> {
  const dir = dirname(file)
  const [command = process.execPath, ...before] = options.command ?? []
  const main = options.main ?? MAIN
  const serve = ['serve', '--quiet', '--config', file, ...(options.args ?? [])]
  const child = spawn(command, [...before, '--conditions=sluice-source', main, ...serve], {
    env: { ...process.env, NO_COLOR: '1', ...options.env },
    stdio: ['ignore', 'pipe', 'pipe'],
  })
  let stderr = ''
  child.stderr.setEncoding('utf8').on('data', (text: string) => (stderr += text))
  const exited = once(child, 'exit')
  const stop = async (): Promise<number | null> => {
    if (child.exitCode === null && child.signalCode === null) child.kill('SIGTERM')
    await exited
    return child.exitCode
  }
  t.after(async () => {
    if (child.exitCode === null && child.signalCode === null) child.kill('SIGKILL')
    await exited
    options.tidy?.()
  })
  const first = once(createInterface(child.stdout), 'line')
  const url = await Promise.race([
    first.then(([line]) => String(line)),
    exited.then(() => {
      throw new Error(`the gateway did not start: ${stderr}`)
    }),
  ])
  return {
    url,
    port: Number(new URL(url).port),
    dir,
    child,
    stderr: () => stderr,
    stop,
    async kill() {
      child.kill('SIGKILL')
      await exited
    },
    async json(path, init) {
      const reply = await fetch(url + path, init)
      return reply.json()
    },
  }
}
