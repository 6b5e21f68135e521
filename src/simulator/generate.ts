import { randomUUID } from 'node:crypto'
import { modelNotFound } from './api-error.ts'
import type { StreamOptions } from './chunking.ts'
import { deliverBody, deliverStream, type Step } from './delivery.ts'
import type { Generation } from './engine.ts'
import type { Exchange } from './exchange.ts'
import { stringOr } from './fields.ts'
import { tokensDue, untilDue } from './pacing.ts'
import type { Reply, Steering } from './sampler.ts'

/** The model a request names; the first one where it names none. @throws ApiError 404 */
export const servedModel = ({ body, settings }: Exchange): string => {
  const asked = stringOr(body, 'model', '')
  if (asked === '') return settings.models[0] ?? ''
  if (settings.models.includes(asked)) return asked
  throw modelNotFound(asked)
}

/** The header goes before the field, as in vLLM. */
export const requestIdOf = ({ request, body }: Exchange): string => {
  const header = request.headers['x-request-id']
  if (typeof header === 'string' && header !== '') return header
  return stringOr(body, 'request_id', randomUUID().replaceAll('-', ''))
}

/** How the model is steered for this request. */
export const steeringOf = (
  { settings, controls }: Exchange,
  callTools: readonly string[] | null,
): Steering => ({
  seed: settings.seed,
  replyTokens: controls.replyTokens,
  reply: controls.reply,
  reasoning: settings.reasoning,
  callTools,
})

/** Something to generate: the replies are known, what remains is to hand them out in time. */
export interface Job {
  readonly requestId: string
  readonly promptTokens: number
  readonly replies: readonly Reply[]
  readonly stream: boolean
  readonly steps: (options: StreamOptions) => Iterable<Step>
  /** The body for the replies, which may be shorter than planned. */
  readonly body: (replies: readonly Reply[], withUsage: boolean) => string
}

/** Runs a job through the engine and answers the client, who may leave at any time. */
export const runJob = async (exchange: Exchange, job: Job): Promise<void> => {
  const { engine, response } = exchange
  const generation = engine.begin(job.requestId, job.promptTokens)
  const leave = (): void => engine.end(generation, 'disconnect', 0)
  // A response that is closed before it is finished means that the client left or a fault struck.
  response.once('close', leave)
  if (response.destroyed) leave()
  const outcome = await (job.stream
    ? streamJob(exchange, generation, job)
    : bodyJob(exchange, generation, job))
  if (outcome !== 'done') return
  const tokens = job.replies.reduce((sum, reply) => sum + reply.ids.length, 0)
  const reason = generation.stoppedByEngine ? 'abort' : (job.replies[0]?.finishReason ?? 'stop')
  engine.end(generation, reason, tokens)
}

const streamJob = (exchange: Exchange, generation: Generation, job: Job): Promise<string> => {
  const { controls } = exchange
  const steps = job.steps({
    tokensPerChunk: controls.tokensPerChunk,
    withUsage: controls.fault?.kind !== 'no-usage',
    isStopped: () => generation.stoppedByEngine,
  })
  return deliverStream(exchange, generation, steps)
}

const bodyJob = async (exchange: Exchange, generation: Generation, job: Job): Promise<string> => {
  const { controls, engine } = exchange
  const longest = job.replies.reduce((most, reply) => Math.max(most, reply.ids.length), 0)
  await untilDue(engine, generation, controls, 1)
  engine.firstToken(generation)
  await untilDue(engine, generation, controls, longest)
  if (exchange.response.destroyed) return 'gone'
  const replies = generation.stoppedByEngine
    ? job.replies.map((reply) => cutReply(reply, tokensDue(generation, controls)))
    : job.replies
  return deliverBody(exchange, job.body(replies, controls.fault?.kind !== 'no-usage'))
}

/** What an aborted reply has come to. */
const cutReply = (reply: Reply, count: number): Reply =>
  count >= reply.ids.length
    ? reply
    : {
        ...reply,
        ids: reply.ids.slice(0, count),
        texts: reply.texts.slice(0, count),
        finishReason: 'abort',
        stopReason: null,
      }

export const unixSeconds = (): number => Math.floor(Date.now() / 1000)
