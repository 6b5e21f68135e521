import { randomUUID } from 'node:crypto'
import { mkdirSync } from 'node:fs'
import { chmod } from 'node:fs/promises'
import { dirname } from 'node:path'
import { Low, Memory as InMemory } from 'lowdb'
import { JSONFile } from 'lowdb/node'
import { GatewayError } from '../errors/index.ts'
import { isObject, type Json, type Memory } from '../plugin/index.ts'

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
  gateway_id?: string
}

/** Small, human-readable state of one gateway that outlives restarts. Never traces, never keys. */
export interface StateFile {
  memoryFor(plugin: string): Memory
  readonly workers: readonly StoredWorker[]
  /** Resolves when they are on disk; rejects, and leaves those before, when they cannot be written. */
  setWorkers(workers: readonly StoredWorker[]): Promise<void>
  /** Null until a trainer has set one. */
  readonly weightVersion: WeightVersion | null
  /** Resolves when it is on disk; rejects, and leaves the one before, when it cannot be written. */
  setWeightVersion(version: WeightVersion): Promise<void>
  /**
   * By which gateways that share something know this one, also after a restart. Made the first time it
   * is asked for; rejects when it cannot be written then.
   */
  gatewayId(): Promise<string>
}

/**
 * Opens the file, or begins an empty one. It is written as a whole through a temporary file and a
 * rename, so a crash leaves the old or the new one; one process writes it. Without a path the state is
 * kept in memory.
 *
 * @throws {GatewayError} `config_invalid` when the file cannot be read; it is left as it is.
 */
export async function openStateFile(path: string | null): Promise<StateFile> {
  const { file, write } = path === null ? inMemory() : await onDisk(path)
  const state = file.data
  state.memory ??= {}
  return {
    get workers() {
      return state.workers ?? []
    },
    async setWorkers(workers) {
      const before = state.workers ?? []
      state.workers = workers
      try {
        await write()
      } catch (error) {
        if (state.workers === workers) state.workers = before
        throw error
      }
    },
    get weightVersion() {
      return state.weight_version ?? null
    },
    async setWeightVersion(version) {
      const before = state.weight_version ?? null
      state.weight_version = version
      try {
        await write()
      } catch (error) {
        // A later write, of something else, must not bring it in after all.
        if (state.weight_version === version) state.weight_version = before
        throw error
      }
    },
    async gatewayId() {
      if (state.gateway_id === undefined) {
        state.gateway_id = randomUUID()
        await write()
      }
      return state.gateway_id
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

interface Kept {
  readonly file: Low<State>
  readonly write: () => Promise<void>
}

function inMemory(): Kept {
  const file = new Low<State>(new InMemory<State>(), empty())
  return { file, write: () => file.write() }
}

async function onDisk(path: string): Promise<Kept> {
  const file = new Low<State>(new JSONFile<State>(path), empty())
  try {
    mkdirSync(dirname(path), { recursive: true, mode: 0o700 })
    await file.read()
    assertState(file.data)
  } catch (cause) {
    const why = cause instanceof Error ? cause.message : String(cause)
    throw new GatewayError('config_invalid', {
      detail: `the state file ${path} cannot be used: ${why}; mend it, move it away or set state_dir`,
      cause,
    })
  }
  return {
    file,
    async write() {
      await file.write()
      await chmod(path, 0o600)
    },
  }
}

/** People may edit the file. What a worker must be is for those to say who make one of it. */
function assertState(value: unknown): asserts value is State {
  if (!isObject(value)) throw new TypeError('it is no JSON object')
  const { memory = {}, workers = [], weight_version: version = null, gateway_id: id = '' } = value
  if (!isObject(memory)) throw new TypeError('memory is no object')
  if (!Array.isArray(workers) || !workers.every(isObject)) {
    throw new TypeError('workers is no list of objects')
  }
  if (version !== null && typeof version !== 'number' && typeof version !== 'string') {
    throw new TypeError('weight_version is neither a number nor a text')
  }
  if (typeof id !== 'string') throw new TypeError('gateway_id is no text')
}

function empty(): State {
  return { memory: Object.create(null) as State['memory'] }
}
