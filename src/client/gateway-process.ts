import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { createInterface } from 'node:readline'
import { fileURLToPath } from 'node:url'
import { GatewayClientError } from './client-error.ts'

/** Time that a gateway has to finish what is under way, in milliseconds. */
const STOP_MS = 5000
const TAIL_LINES = 30

export interface ProcessOptions {
  /** Program and arguments in place of `node` and this package's command line. */
  readonly command: readonly string[] | undefined
  /** Arguments of `sluice`. */
  readonly args: readonly string[]
  /** Replaces the environment, as for `child_process.spawn`. */
  readonly env: Readonly<Record<string, string | undefined>> | undefined
  readonly onLog: ((line: string) => void) | undefined
  /** Ends the start. */
  readonly signal: AbortSignal
}

export interface GatewayProcess {
  /** The address it printed. */
  readonly url: string
  readonly pid: number
  /** Resolves when it has ended, with how it did and the last it said. */
  readonly ended: Promise<string>
  /** SIGTERM, and SIGKILL when that is not enough in 5 seconds. Resolves when it is gone. */
  stop(): Promise<void>
}

/**
 * Starts a gateway and waits for its address.
 *
 * @throws {GatewayClientError} `gateway_ended` with the end of what it wrote to standard error; the
 * signal's reason when it is aborted.
 */
export async function startProcess(options: ProcessOptions): Promise<GatewayProcess> {
  const [program, ...before] = options.command ?? ownCommand()
  if (program === undefined) throw new TypeError('the command is empty')
  const child = spawn(program, [...before, ...options.args], {
    stdio: ['pipe', 'pipe', 'pipe'],
    ...(options.env === undefined ? {} : { env: options.env }),
  })
  // It may be gone before it reads; that is told by its end.
  child.stdin.on('error', () => {})

  const tail: string[] = []
  createInterface(child.stderr).on('line', (line) => {
    if (tail.push(line) > TAIL_LINES) tail.shift()
    options.onLog?.(line)
  })
  const killOnExit = (): void => void child.kill('SIGTERM')
  process.once('exit', killOnExit)
  const { promise: ended, resolve: end } = Promise.withResolvers<string>()
  child.once('error', (error) => end(error.message))
  child.once('close', (code, signal) =>
    end([`it ended with ${signal ?? `code ${code}`}`, ...tail].join('\n')),
  )
  void ended.then(() => process.off('exit', killOnExit))

  let stopping: Promise<void> | undefined
  const stop = (): Promise<void> => (stopping ??= terminate())
  const terminate = async (): Promise<void> => {
    child.kill('SIGTERM')
    const kill = setTimeout(() => child.kill('SIGKILL'), STOP_MS)
    await ended
    clearTimeout(kill)
  }

  const lines = createInterface(child.stdout)
  try {
    const [url] = (await Promise.race([
      once(lines, 'line', { signal: options.signal }),
      ended.then((how) => {
        throw new GatewayClientError('gateway_ended', `the gateway did not start: ${how}`)
      }),
    ])) as [string]
    // A full pipe would stop a gateway that goes on printing.
    lines.on('line', (line) => options.onLog?.(line))
    return { url: reachable(url), pid: child.pid ?? 0, ended, stop }
  } catch (error) {
    await stop()
    options.signal.throwIfAborted()
    throw error
  }
}

/** This package's command line, as it lies beside this file: as source or built. */
function ownCommand(): readonly string[] {
  const extension = import.meta.url.endsWith('.ts') ? 'ts' : 'js'
  const main = fileURLToPath(new URL(`../cli/main.${extension}`, import.meta.url))
  const watch = new URL(`./die-with-parent.${extension}`, import.meta.url).href
  return [
    process.execPath,
    ...(extension === 'ts' ? ['--conditions=sluice-source'] : []),
    `--import=${watch}`,
    main,
  ]
}

/** An address to connect to in place of one that stands for every address of the machine. */
function reachable(url: string): string {
  return url.replace('//0.0.0.0:', '//127.0.0.1:').replace('//[::]:', '//[::1]:')
}
