import { chatBody } from './chat-body.ts'
import { readChoice, type ChatReply } from './chat-reply.ts'
import { readChatRequest } from './chat-request.ts'
import { chatSteps } from './chat-stream.ts'
import type { Exchange } from './exchange.ts'
import { requestIdOf, runJob, servedModel, steeringOf, unixSeconds } from './generate.ts'
import { openAiChatBody, openAiChatSteps } from './openai-chat.ts'
import { refuseForOpenAi } from './openai-request.ts'
import { sampleReply, type Reply } from './sampler.ts'

/** `POST /v1/chat/completions`. */
export const answerChat = async (exchange: Exchange): Promise<void> => {
  const { body, settings, controls } = exchange
  const isOpenAi = settings.flavour === 'openai'
  if (isOpenAi) refuseForOpenAi(body)
  const model = servedModel(exchange)
  const request = readChatRequest(body, settings, controls)
  const requestId = requestIdOf(exchange)
  const steering = steeringOf(exchange, request.callTools)
  const replies = Array.from({ length: request.n }, (_, choice) =>
    sampleReply(request.prompt, request.sampling, steering, choice),
  )
  const cachedTokens = settings.usageDetails ? exchange.cache.lookup(request.prompt.ids) : 0
  const chatOf = (given: readonly Reply[]): ChatReply => ({
    id: `chatcmpl-${requestId}`,
    created: unixSeconds(),
    model,
    request,
    settings,
    choices: given.map((reply, index) => readChoice(reply, index, request, settings.reasoning)),
    cachedTokens,
    parsesReasoning: settings.reasoning,
  })
  await runJob(exchange, {
    requestId,
    promptTokens: request.prompt.ids.length,
    replies,
    stream: request.stream,
    steps: (options) =>
      isOpenAi ? openAiChatSteps(chatOf(replies), options) : chatSteps(chatOf(replies), options),
    body: (given, withUsage) =>
      isOpenAi ? openAiChatBody(chatOf(given), withUsage) : chatBody(chatOf(given), withUsage),
  })
}
