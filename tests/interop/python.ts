import { execFile, spawn, type ChildProcess } from 'node:child_process'
import { createHash } from 'node:crypto'
import { once } from 'node:events'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir, userInfo } from 'node:os'
import { delimiter, join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'

const run = promisify(execFile)

const REQUIREMENTS = ['openai>=2,<3', 'httpx>=0.28,<1'] as const
const PROGRAMS = fileURLToPath(new URL('programs/', import.meta.url))
const PACKAGE = fileURLToPath(new URL('../../deploy/python', import.meta.url))
const MAIN = fileURLToPath(new URL('../../src/cli/main.ts', import.meta.url))

/** Time for the environment of the first comer, who may have to wait for the packages. */
const PREPARE_MS = 75_000
const PROGRAM_MS = 60_000

/** A Python that has the `openai` and `httpx` packages, and this repository's own one on its path. */
export interface Python {
  /** Runs a program of `programs/` to its end; what it prints is JSON. */
  run(program: string, ...args: readonly string[]): Promise<unknown>
  /** Starts `python -m <module>` in a folder; killed when the test ends. */
  start(scope: Scope, place: Place, module: string, ...args: readonly string[]): Started
}

type Scope = { after(undo: () => unknown): void }

interface Place {
  readonly cwd: string
  readonly env?: Readonly<Record<string, string>>
}

export interface Started {
  readonly child: ChildProcess
  /** What it has written so far, to either output. */
  readonly output: () => string
  /** Its exit code; null when a signal ended it. */
  readonly exited: Promise<number | null>
}

/** Either a Python, or why there is none and what to do about it, for a test to skip with. */
export type Prepared =
  | { readonly python: Python; readonly skip: false }
  | { readonly python: null; readonly skip: string }

/**
 * Makes the environment under the temporary folder, or takes the one an earlier run made of the same
 * requirements.
 */
export async function preparePython(): Promise<Prepared> {
  const key = createHash('sha256').update(REQUIREMENTS.join()).digest('hex').slice(0, 12)
  const folder = join(tmpdir(), `sluice-interop-${userInfo().uid}`, key)
  try {
    const script = join(PROGRAMS, 'make_venv.py')
    await run('python3', [script, folder, ...REQUIREMENTS], { timeout: PREPARE_MS })
  } catch (thrown) {
    return { python: null, skip: `THE PYTHON SIDE WAS NOT TESTED: ${whyNot(thrown)}` }
  }
  return { python: pythonIn(folder), skip: false }
}

function pythonIn(folder: string): Python {
  const executable = join(folder, 'bin', 'python')
  const path = [PACKAGE, process.env['PYTHONPATH']].filter(Boolean).join(delimiter)
  const env = {
    ...process.env,
    PYTHONPATH: path,
    PYTHONDONTWRITEBYTECODE: '1',
    SLUICE_BIN: MAIN,
    NO_COLOR: '1',
    NO_PROXY: '127.0.0.1,localhost',
  }
  return {
    async run(program, ...args) {
      const file = join(PROGRAMS, `${program}.py`)
      // A gateway that a program starts keeps its state where it is started.
      const cwd = mkdtempSync(join(tmpdir(), 'sluice-python-'))
      try {
        const options = { cwd, env, timeout: PROGRAM_MS, maxBuffer: 2 ** 26 }
        const { stdout } = await run(executable, [file, ...args], options)
        return JSON.parse(stdout)
      } finally {
        rmSync(cwd, { recursive: true, force: true })
      }
    },
    start(scope, { cwd, env: more }, module, ...args) {
      const child = spawn(executable, ['-m', module, ...args], {
        cwd,
        env: { ...env, ...more },
        stdio: ['ignore', 'pipe', 'pipe'],
      })
      let output = ''
      const collect = (text: string): void => void (output += text)
      child.stdout.setEncoding('utf8').on('data', collect)
      child.stderr.setEncoding('utf8').on('data', collect)
      const exited = once(child, 'close').then(() => child.exitCode)
      scope.after(async () => {
        if (child.exitCode === null && child.signalCode === null) child.kill('SIGKILL')
        await exited
      })
      return { child, output: () => output, exited }
    },
  }
}

function whyNot(thrown: unknown): string {
  const { code, killed, stderr } = thrown as {
    code?: unknown
    killed?: boolean
    stderr?: string
  }
  if (code === 'ENOENT') {
    return 'python3 is missing (Debian: apt-get install python3 python3-venv)'
  }
  if (killed) return `the packages were not there after ${PREPARE_MS / 1000} s; is there a network?`
  if (code === 3 && stderr) return stderr.trim()
  throw thrown
}
