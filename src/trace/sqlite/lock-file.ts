import { linkSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs'

interface Owner {
  readonly pid: number
  /** Start time of the process in clock ticks since boot; null where the system does not tell. */
  readonly started: string | null
}

/**
 * Takes the lock file beside a database for this process, also from a process that died with it.
 * Returns what gives it back.
 * @throws {Error} when a living process holds it.
 */
export function lockFile(path: string): () => void {
  const mine: Owner = { pid: process.pid, started: startOf(process.pid) }
  const text = JSON.stringify(mine)
  if (!create(path, text)) {
    takeOver(path)
    if (!create(path, text)) throw new Error('another gateway has just opened it')
  }
  return () => {
    if (readFileOr(path, '') === text) rmSync(path, { force: true })
  }
}

function create(path: string, text: string): boolean {
  try {
    writeFileSync(path, text, { flag: 'wx', mode: 0o600 })
    return true
  } catch (error) {
    if (error instanceof Error && 'code' in error && error.code === 'EEXIST') return false
    throw error
  }
}

/** Moves a dead owner's lock away. Of two that try, one moves it; neither may move a living one's. */
function takeOver(path: string): void {
  refuseLiving(readFileOr(path, ''))
  const aside = `${path}.${process.pid}`
  try {
    renameSync(path, aside)
  } catch {
    return
  }
  try {
    refuseLiving(readFileOr(aside, ''))
  } catch (error) {
    linkSync(aside, path)
    throw error
  } finally {
    rmSync(aside, { force: true })
  }
}

function refuseLiving(text: string): void {
  const owner = parseOwner(text)
  if (owner && isAlive(owner)) throw new Error(`another gateway has it open (process ${owner.pid})`)
}

function parseOwner(text: string): Owner | null {
  try {
    return JSON.parse(text) as Owner
  } catch {
    // Killed between creating the file and writing it.
    return null
  }
}

/** A process id is given out again; together with its start time it is not. */
function isAlive({ pid, started }: Owner): boolean {
  try {
    process.kill(pid, 0)
  } catch (error) {
    return error instanceof Error && 'code' in error && error.code === 'EPERM'
  }
  return started === null || started === (startOf(pid) ?? started)
}

/** Field 22 of proc(5)'s stat, counted after the command name, which may hold anything. */
function startOf(pid: number): string | null {
  const stat = readFileOr(`/proc/${pid}/stat`, '')
  return stat.slice(stat.lastIndexOf(')') + 2).split(' ')[19] ?? null
}

function readFileOr(path: string, instead: string): string {
  try {
    return readFileSync(path, 'utf8')
  } catch {
    return instead
  }
}
