import type { ChatReply } from './chat-reply.ts'
import type { Usage } from './usage.ts'

/** The usage of a chat reply; `completion` differs from the reply's length when it was stopped. */
export const chatUsage = (chat: ChatReply, completion: number): Usage => ({
  prompt: chat.request.prompt.ids.length,
  completion,
  cached: chat.settings.usageDetails ? chat.cachedTokens : null,
  reasoning: chat.parsesReasoning
    ? chat.choices.reduce((sum, choice) => sum + (choice.parsed?.reasoningTokens ?? 0), 0)
    : null,
})
