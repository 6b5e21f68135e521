import { mkdirSync } from 'node:fs'
import { chmod } from 'node:fs/promises'
import { dirname } from 'node:path'
import { Low } from 'lowdb'
import { JSONFile } from 'lowdb/node'
import type { Json, Memory } from '../plugin/index.ts'

interface State {
  /** What each plugin keeps, by plugin name and key. */
  memory: Record<string, Record<string, Json>>
}

/** Small, human-readable state of one gateway that outlives restarts. Never traces, never keys. */
export interface StateFile {
  memoryFor(plugin: string): Memory
}

/**
 * Opens the file, or begins an empty one. It is written as a whole through a temporary file and a
 * rename, so a crash leaves the old or the new one; one process writes it.
 *
 * @throws SyntaxError when the file holds no JSON
 */
export async function openStateFile(path: string): Promise<StateFile> {
  mkdirSync(dirname(path), { recursive: true, mode: 0o700 })
  const file = new Low<State>(new JSONFile<State>(path), { memory: {} })
  await file.read()
  const state = file.data
  state.memory ??= {}
  return {
    memoryFor(plugin) {
      const own = (state.memory[plugin] ??= Object.create(null) as Record<string, Json>)
      return {
        get: (key) => (Object.hasOwn(own, key) ? own[key] : undefined),
        async set(key, value) {
          own[key] = value
          await file.write()
          await chmod(path, 0o600)
        },
      }
    },
  }
}
