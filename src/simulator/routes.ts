import { answerChat } from './chat.ts'
import { answerCompletion } from './completions.ts'
import {
  answerAbort,
  answerHealth,
  answerIsPaused,
  answerLoad,
  answerPause,
  answerResume,
  answerVersion,
} from './control.ts'
import { answerEmbeddings } from './embeddings.ts'
import type { Exchange } from './exchange.ts'
import { answerMetrics } from './metrics.ts'
import { answerModels } from './models.ts'
import { answerDetokenize, answerTokenize } from './tokenize.ts'

type Handler = (exchange: Exchange) => void | Promise<void>

/** What OpenAI's own server has too. */
export const OPENAI_ROUTES: Readonly<Record<string, Handler>> = {
  'POST /v1/chat/completions': answerChat,
  'POST /v1/completions': answerCompletion,
  'POST /v1/embeddings': answerEmbeddings,
  'GET /v1/models': answerModels,
}

export const VLLM_ROUTES: Readonly<Record<string, Handler>> = {
  ...OPENAI_ROUTES,
  'POST /tokenize': answerTokenize,
  'POST /detokenize': answerDetokenize,
  'GET /version': answerVersion,
  'GET /health': answerHealth,
  'GET /ping': answerHealth,
  'POST /ping': answerHealth,
  'GET /metrics': answerMetrics,
  'GET /load': answerLoad,
  'POST /abort_requests': answerAbort,
  'POST /pause': answerPause,
  'POST /resume': answerResume,
  'GET /is_paused': answerIsPaused,
}
