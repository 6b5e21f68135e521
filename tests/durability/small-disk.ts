import { execFileSync } from 'node:child_process'
import { closeSync, mkdtempSync, openSync, rmSync, writeSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'

/** A file system of its own that can be filled and freed. */
export interface SmallDisk {
  readonly dir: string
  /** Leaves no room for another byte. */
  fill(): void
  free(): void
}

/** Why no file system can be mounted here, or null. */
export function whyNoDisk(): string | null {
  if (process.platform !== 'linux') return 'tmpfs is needed, which is Linux'
  if (process.getuid?.() !== 0) return 'mounting a tmpfs needs root'
  try {
    mount(createDir())
    return null
  } catch (error) {
    return `a tmpfs cannot be mounted: ${String(error)}`
  }

  function mount(dir: string): void {
    mountTmpfs(dir, '1m')
    unmount(dir)
  }
}

/** Mounts a tmpfs of so many bytes, `8m` for example, until the test ends. */
export function mountDisk(t: { after(undo: () => unknown): void }, size: string): SmallDisk {
  const dir = createDir()
  mountTmpfs(dir, size)
  t.after(() => unmount(dir))
  const ballast = join(dir, 'ballast')
  return {
    dir,
    fill() {
      const file = openSync(ballast, 'w')
      try {
        for (let block = 65_536; block >= 1;) if (!fits(file, block)) block = Math.floor(block / 2)
      } finally {
        closeSync(file)
      }
    },
    free: () => rmSync(ballast),
  }
}

function fits(file: number, size: number): boolean {
  try {
    return writeSync(file, Buffer.alloc(size, 1)) === size
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOSPC') return false
    throw error
  }
}

function createDir(): string {
  return mkdtempSync(join(tmpdir(), 'sluice-disk-'))
}

function mountTmpfs(dir: string, size: string): void {
  execFileSync('mount', ['-t', 'tmpfs', '-o', `size=${size}`, 'sluice-test', dir])
}

function unmount(dir: string): void {
  // Lazily: a process that was killed may take a moment to let go of its files.
  execFileSync('umount', ['--lazy', dir])
  rmSync(dir, { recursive: true })
}
