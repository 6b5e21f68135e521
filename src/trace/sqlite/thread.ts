import { extname } from 'node:path'
import { Worker } from 'node:worker_threads'
import type { ThreadReply } from './jobs.ts'
import { unavailable } from './failure.ts'

interface Waiter {
  readonly resolve: (value: unknown) => void
  readonly reject: (error: Error) => void
}

/**
 * A thread that answers requests in the order they came. When it dies, what was asked fails, and the
 * next request starts it anew.
 */
export class Thread {
  readonly #file: URL
  readonly #data: unknown
  #worker: Worker | null = null
  #waiting: Waiter[] = []

  /** @param name the file beside this one, without its ending. */
  constructor(name: string, data: unknown) {
    // Runs from source and from the built package, whose files end differently.
    this.#file = new URL(`./${name}${extname(import.meta.url)}`, import.meta.url)
    this.#data = data
  }

  /** @throws {GatewayError} `capture_unavailable` with the thread's error as its cause. */
  ask<T>(request: unknown): Promise<T> {
    const worker = (this.#worker ??= this.#start())
    return new Promise<T>((resolve, reject) => {
      this.#waiting.push({ resolve: (value) => resolve(value as T), reject })
      worker.postMessage(request)
    })
  }

  async stop(): Promise<void> {
    await this.#worker?.terminate()
  }

  #start(): Worker {
    const worker = new Worker(this.#file, { workerData: this.#data })
    worker.on('message', (reply: ThreadReply) => {
      const waiter = this.#waiting.shift()
      if (reply.ok) waiter?.resolve(reply.value)
      else waiter?.reject(unavailable(reply.failure))
    })
    worker.on('error', (error) => this.#died(worker, error))
    worker.on('exit', (code) => this.#died(worker, new Error(`the thread ended with code ${code}`)))
    return worker
  }

  #died(worker: Worker, error: unknown): void {
    if (this.#worker !== worker) return
    this.#worker = null
    const waiting = this.#waiting
    this.#waiting = []
    for (const { reject } of waiting) reject(unavailable(error))
  }
}
