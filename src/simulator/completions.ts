import { completionBody } from './completion-body.ts'
import { readCompletionRequest } from './completion-request.ts'
import type { CompletionChoice, CompletionReply } from './completion-reply.ts'
import { completionSteps } from './completion-stream.ts'
import type { Exchange } from './exchange.ts'
import { requestIdOf, runJob, servedModel, steeringOf, unixSeconds } from './generate.ts'
import { sampleReply, type Reply } from './sampler.ts'

/** `POST /v1/completions`. */
export const answerCompletion = async (exchange: Exchange): Promise<void> => {
  const { body, settings, cache } = exchange
  const model = servedModel(exchange)
  const request = readCompletionRequest(body, settings)
  const requestId = requestIdOf(exchange)
  const steering = steeringOf(exchange, exchange.controls.tools)
  const choices = request.prompts.flatMap((prompt, promptIndex) =>
    Array.from({ length: request.n }, (_, choice): CompletionChoice => ({
      index: promptIndex * request.n + choice,
      prompt,
      reply: sampleReply(prompt, request.sampling, steering, choice),
    })),
  )
  const cachedTokens = settings.usageDetails
    ? request.prompts.reduce((sum, prompt) => sum + cache.lookup(prompt.ids), 0)
    : 0
  const completionOf = (replies: readonly Reply[]): CompletionReply => ({
    id: `cmpl-${requestId}`,
    created: unixSeconds(),
    model,
    request,
    settings,
    choices: choices.map((choice, index) => ({ ...choice, reply: replies[index] ?? choice.reply })),
    cachedTokens,
  })
  const replies = choices.map((choice) => choice.reply)
  await runJob(exchange, {
    requestId,
    promptTokens: request.prompts.reduce((sum, prompt) => sum + prompt.ids.length, 0),
    replies,
    stream: request.stream,
    steps: (options) => completionSteps(completionOf(replies), options),
    body: (given, withUsage) => completionBody(completionOf(given), withUsage),
  })
}
