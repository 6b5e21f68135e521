import { mkdirSync } from 'node:fs'
import { chmod } from 'node:fs/promises'
import { dirname } from 'node:path'
import { Low } from 'lowdb'
import { JSONFile } from 'lowdb/node'
import { GatewayError } from '../errors/index.ts'
import type { Json, Memory } from '../plugin/index.ts'

/** A worker that was registered at run time, as it is kept. */
export interface StoredWorker {
  readonly worker_id: string
  /** Without the API path. */
  readonly url: string
  readonly api_path: string
  readonly model_name: string | null
  readonly weight: number
}

/** The version of the weights that the engines serve, as the trainer names it. */
export type WeightVersion = number | string

interface State {
  /** What each plugin keeps, by plugin name and key. */
  memory: Record<string, Record<string, Json>>
  workers?: readonly StoredWorker[]
  weight_version?: WeightVersion | null
}

/** Small, human-readable state of one gateway that outlives restarts. Never traces, never keys. */
export interface StateFile {
  memoryFor(plugin: string): Memory
  readonly workers: readonly StoredWorker[]
  /** Resolves when it is on disk. */
  setWorkers(workers: readonly StoredWorker[]): Promise<void>
  /** Null until a trainer has set one. */
  readonly weightVersion: WeightVersion | null
  /** Resolves when it is on disk. */
  setWeightVersion(version: WeightVersion): Promise<void>
}

/**
 * Opens the file, or begins an empty one. It is written as a whole through a temporary file and a
 * rename, so a crash leaves the old or the new one; one process writes it.
 *
 * @throws {GatewayError} `config_invalid` when the file cannot be read; it is left as it is.
 */
export async function openStateFile(path: string): Promise<StateFile> {
  const file = new Low<State>(new JSONFile<State>(path), {
    memory: Object.create(null) as State['memory'],
  })
  try {
    mkdirSync(dirname(path), { recursive: true, mode: 0o700 })
    await file.read()
  } catch (cause) {
    const why = cause instanceof Error ? cause.message : String(cause)
    throw new GatewayError('config_invalid', {
      detail: `the state file ${path} cannot be used: ${why}; mend it, move it away or set state_dir`,
      cause,
    })
  }
  const state = file.data
  state.memory ??= {}
  const write = async (): Promise<void> => {
    await file.write()
    await chmod(path, 0o600)
  }
  return {
    get workers() {
      return state.workers ?? []
    },
    async setWorkers(workers) {
      state.workers = workers
      await write()
    },
    get weightVersion() {
      return state.weight_version ?? null
    },
    async setWeightVersion(version) {
      state.weight_version = version
      await write()
    },
    memoryFor(plugin) {
      if (!Object.hasOwn(state.memory, plugin)) state.memory[plugin] = {}
      const own = new Map(Object.entries(state.memory[plugin] ?? {}))
      return {
        get: (key) => own.get(key),
        async set(key, value) {
          own.set(key, value)
          state.memory[plugin] = Object.fromEntries(own)
          await write()
        },
      }
    },
  }
}
