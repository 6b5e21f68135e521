import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { text } from 'node:stream/consumers'
import { fileURLToPath } from 'node:url'

const MAIN = fileURLToPath(new URL('../../src/cli/main.ts', import.meta.url))

/** The four built-ins, in their order. */
export const BUILT_IN = [
  'tracing',
  'parameter-injection',
  'logprob-extraction',
  'stream-accumulator',
] as const

/** A folder of its own, outside the package, with these files in its `plugins`; gone after the test. */
export function folderWith(
  t: { after(undo: () => unknown): void },
  files: Readonly<Record<string, string>>,
): string {
  const dir = mkdtempSync(join(tmpdir(), 'sluice-plugins-'))
  t.after(() => rmSync(dir, { recursive: true, force: true }))
  for (const [name, source] of Object.entries(files)) {
    const path = join(dir, 'plugins', name)
    mkdirSync(dirname(path), { recursive: true })
    writeFileSync(path, source)
  }
  return dir
}

/** Starts the real binary with plugins that keep it from starting: its exit code and what it says. */
export async function failToStart(
  dir: string,
  plugins: unknown,
): Promise<{ code: number | null; stdout: string; stderr: string }> {
  const file = join(dir, 'gateway.yaml')
  const state_dir = join(dir, 'state')
  const store = { kind: 'memory' }
  const config = { port: 0, state_dir, store, plugins, plugins_dir: join(dir, 'plugins') }
  writeFileSync(file, JSON.stringify(config))
  const child = spawn(
    process.execPath,
    ['--conditions=sluice-source', MAIN, 'serve', '--quiet', '--config', file],
    { env: { ...process.env, NO_COLOR: '1' }, stdio: ['ignore', 'pipe', 'pipe'], cwd: dir },
  )
  // A gateway that starts after all is a failure of the test, which should not wait for ever.
  child.stdout.once('data', () => child.kill())
  const [stdout, stderr, [code]] = await Promise.all([
    text(child.stdout),
    text(child.stderr),
    once(child, 'exit') as Promise<[number | null]>,
  ])
  return { code, stdout, stderr }
}
