import { spawn, type ChildProcess } from 'node:child_process'
import { once } from 'node:events'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import { fileURLToPath } from 'node:url'

/** What a process has used since it began, its worker threads included. */
export interface Usage {
  readonly cpuMicros: number
  readonly rssBytes: number
}

/** A process under measurement. */
export interface Member {
  readonly url: string
  usage(): Promise<Usage>
  /** SIGTERM, and wait for the end. */
  stop(): Promise<void>
}

/** The processes and folders of one run; none of them outlives it. */
export interface Crew {
  /** Starts a TypeScript file that prints its URL as its first line. */
  start(script: string, args: readonly string[], nodeFlags?: readonly string[]): Promise<Member>
  /** Starts a program that is ready when it has printed a line with this text. */
  run(program: string, args: readonly string[], readyText: string): Promise<void>
  folder(): string
  stop(): Promise<void>
}

const PROBE = import.meta.resolve('./probe.ts')

/** Makes a crew, which is also dismissed when this process exits or is interrupted. */
export function createCrew(): Crew {
  const children = new Set<ChildProcess>()
  const members: Member[] = []
  const folders: string[] = []

  const dismiss = (): void => {
    for (const child of children) child.kill('SIGKILL')
    for (const path of folders.splice(0)) rmSync(path, { recursive: true, force: true })
  }
  process.once('exit', dismiss)
  process.once('SIGINT', () => process.exit(130))
  process.once('SIGTERM', () => process.exit(143))

  return {
    async start(script, args, nodeFlags = []) {
      const file = fileURLToPath(import.meta.resolve(script))
      const child = spawn(
        process.execPath,
        ['--conditions=sluice-source', `--import=${PROBE}`, ...nodeFlags, file, ...args],
        // An empty environment: no setting of this shell may change what is measured.
        { env: {}, stdio: ['ignore', 'pipe', 'inherit', 'ipc'] },
      )
      children.add(child)
      child.once('exit', () => children.delete(child))
      const member = memberOf(child, await firstLine(child, script))
      members.push(member)
      return member
    },
    async run(program, args, readyText) {
      const child = spawn(program, args, { env: {}, stdio: ['ignore', 'pipe', 'inherit'] })
      children.add(child)
      child.once('exit', () => children.delete(child))
      await untilSaid(child, program, readyText)
    },
    folder() {
      const path = mkdtempSync(join(tmpdir(), 'sluice-bench-'))
      folders.push(path)
      return path
    },
    async stop() {
      await Promise.all(members.splice(0).map((member) => member.stop()))
      dismiss()
    },
  }
}

function memberOf(child: ChildProcess, url: string): Member {
  return {
    url,
    async usage() {
      const answer = once(child, 'message')
      child.send('usage')
      const [usage] = await answer
      return usage as Usage
    },
    async stop() {
      if (child.exitCode !== null || child.signalCode !== null) return
      child.kill('SIGTERM')
      await once(child, 'exit')
    },
  }
}

async function firstLine(child: ChildProcess, script: string): Promise<string> {
  if (!child.stdout) throw new TypeError(`${script} has no standard output`)
  const line = once(createInterface(child.stdout), 'line').then(([text]) => String(text))
  const exit = once(child, 'exit').then(([code]) => {
    throw new Error(`${script} ended with ${String(code)} before it listened`)
  })
  exit.catch(() => {}) // Only the first of the two is of interest.
  return Promise.race([line, exit])
}

async function untilSaid(child: ChildProcess, program: string, text: string): Promise<void> {
  if (!child.stdout) throw new TypeError(`${program} has no standard output`)
  for await (const line of createInterface(child.stdout)) if (line.includes(text)) return
  throw new Error(`${program} ended before it was ready`)
}
