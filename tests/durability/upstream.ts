import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { createInterface } from 'node:readline'
import { fileURLToPath } from 'node:url'

const FILE = fileURLToPath(new URL('./upstream-process.ts', import.meta.url))

export interface LastingUpstream {
  readonly url: string
  /** The request ids that came in since this was last asked. */
  seen(): Promise<readonly string[]>
}

/** Starts the upstream whose memory no test kills. */
export async function startLastingUpstream(t: {
  after(undo: () => unknown): void
}): Promise<LastingUpstream> {
  const child = spawn(process.execPath, ['--conditions=sluice-source', FILE], {
    stdio: ['ignore', 'pipe', 'inherit'],
  })
  t.after(() => child.kill('SIGKILL'))
  const [line] = (await once(createInterface(child.stdout), 'line')) as [string]
  return {
    url: line,
    seen: async () => (await (await fetch(`${line}/seen`)).json()) as readonly string[],
  }
}
