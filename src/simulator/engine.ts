/** How a generation came to its end. */
export type GenerationEnd = 'stop' | 'length' | 'tool_calls' | 'abort' | 'disconnect'

/** One request inside the engine. */
export interface Generation {
  readonly requestId: string
  /** Aborts when the engine is told to stop it, or when its client leaves. */
  readonly signal: AbortSignal
  /** Whether an engine call, not the client, stopped it: it then ends with `abort`. */
  readonly stoppedByEngine: boolean
  readonly startedAt: number
}

export interface Counters {
  readonly running: number
  readonly waiting: number
  readonly finished: number
  readonly aborted: number
}

export interface EngineTotals {
  readonly promptTokens: number
  readonly generationTokens: number
  readonly byReason: ReadonlyMap<string, number>
  /** The latest durations in seconds. */
  readonly seconds: Readonly<Record<Duration, readonly number[]>>
}

/** Until the first token, from there to the end, both together, and the mean of one token. */
export type Duration = 'prefill' | 'decode' | 'whole' | 'perToken'

interface Running extends Generation {
  readonly abort: AbortController
  stoppedByEngine: boolean
  firstTokenAt: number | null
}

/** The set of running generations: what can be paused, aborted and counted. */
export class Engine {
  readonly #running = new Map<Generation, Running>()
  readonly #byReason = new Map<string, number>()
  readonly #seconds: Record<Duration, number[]> = {
    prefill: [],
    decode: [],
    whole: [],
    perToken: [],
  }
  #finished = 0
  #aborted = 0
  #promptTokens = 0
  #generationTokens = 0
  #pause: PromiseWithResolvers<void> | null = null
  #idle: PromiseWithResolvers<void> | null = null

  begin(requestId: string, promptTokens: number): Generation {
    const abort = new AbortController()
    const generation: Running = {
      requestId,
      abort,
      signal: abort.signal,
      stoppedByEngine: false,
      firstTokenAt: null,
      startedAt: performance.now(),
    }
    this.#running.set(generation, generation)
    this.#promptTokens += promptTokens
    return generation
  }

  /** Marks the first token, which moves a request from waiting to running. */
  firstToken(generation: Generation): void {
    const running = this.#find(generation)
    if (running === undefined || running.firstTokenAt !== null) return
    running.firstTokenAt = performance.now()
    keepLast(this.#seconds.prefill, (running.firstTokenAt - running.startedAt) / 1000)
  }

  /** Ends a generation; a second end of the same one changes nothing. */
  end(generation: Generation, reason: GenerationEnd, tokens: number): void {
    const running = this.#find(generation)
    if (running === undefined) return
    this.#running.delete(generation)
    if (reason === 'disconnect' || reason === 'abort') this.#aborted++
    else this.#finished++
    const label = reason === 'disconnect' ? 'abort' : reason === 'tool_calls' ? 'stop' : reason
    this.#byReason.set(label, (this.#byReason.get(label) ?? 0) + 1)
    this.#generationTokens += tokens
    this.#time(running, tokens)
    if (reason === 'disconnect') running.abort.abort()
    if (this.#running.size === 0) this.#idle?.resolve()
  }

  /** Stops generations by request id, all of them where no ids are given; answers how many. */
  abort(requestIds: readonly string[] | null): number {
    const hit = [...this.#running.values()].filter(
      ({ requestId }) =>
        requestIds === null ||
        requestIds.some((id) => id.replace(/^(chatcmpl|cmpl)-/, '') === requestId),
    )
    for (const running of hit) {
      running.stoppedByEngine = true
      running.abort.abort()
    }
    return hit.length
  }

  /**
   * Holds all generation until {@link Engine.resume}: `abort` ends what runs with partial tokens,
   * `wait` lets it finish first, `keep` freezes it where it is.
   */
  async pause(mode: 'abort' | 'wait' | 'keep'): Promise<void> {
    if (mode === 'abort') this.abort(null)
    if (mode === 'wait' && this.#running.size > 0) {
      this.#idle = Promise.withResolvers()
      await this.#idle.promise
      this.#idle = null
    }
    this.#pause ??= Promise.withResolvers()
  }

  resume(): void {
    this.#pause?.resolve()
    this.#pause = null
  }

  get isPaused(): boolean {
    return this.#pause !== null
  }

  /** Settles once the engine runs; undefined while it does, to spare the fast path a turn. */
  whenRunning(): Promise<void> | undefined {
    return this.#pause?.promise
  }

  get counters(): Counters {
    const waiting = [...this.#running.values()].filter(
      (running) => running.firstTokenAt === null,
    ).length
    return {
      running: this.#running.size - waiting,
      waiting,
      finished: this.#finished,
      aborted: this.#aborted,
    }
  }

  get totals(): EngineTotals {
    return {
      promptTokens: this.#promptTokens,
      generationTokens: this.#generationTokens,
      byReason: this.#byReason,
      seconds: this.#seconds,
    }
  }

  #time({ startedAt, firstTokenAt }: Running, tokens: number): void {
    const now = performance.now()
    const decode = (now - (firstTokenAt ?? now)) / 1000
    keepLast(this.#seconds.whole, (now - startedAt) / 1000)
    keepLast(this.#seconds.decode, decode)
    if (tokens > 1) keepLast(this.#seconds.perToken, decode / (tokens - 1))
  }

  #find(generation: Generation): Running | undefined {
    return this.#running.get(generation)
  }
}

/** Enough to show a distribution, however long the server lives. */
const KEPT_TIMES = 1000

const keepLast = (times: number[], time: number): void => {
  if (times.length === KEPT_TIMES) times.shift()
  times.push(time)
}
