import type { StartSimulator } from '../app/index.ts'
import { createSimulator } from '../simulator/index.ts'

/** Starts the built-in vLLM stand-in on a free loopback port, as a configuration names it. */
export const startSimulator: StartSimulator = async (options) => {
  const simulator = createSimulator({
    models: options.models,
    seed: options.seed,
    tokensPerSecond: options.tokens_per_second,
    ttftMs: options.ttft_ms,
    tokensPerChunk: options.tokens_per_chunk,
    reasoning: options.reasoning,
    ...(options.reply_tokens > 0 ? { replyTokens: options.reply_tokens } : {}),
  })
  const { url } = await simulator.listen(0, '127.0.0.1')
  return { url, close: () => simulator.close() }
}
