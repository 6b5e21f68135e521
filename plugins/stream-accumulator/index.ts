import { definePlugin, perCall, type Dialect } from 'sluice/plugin'
import { messagesReply } from './messages-reply.ts'
import { openAiReply } from './openai-reply.ts'
import { recordReply } from './record.ts'
import type { ReplyFold } from './reply-fold.ts'
import { responsesReply } from './responses-reply.ts'

const FOLDS: Readonly<Partial<Record<Dialect, () => ReplyFold>>> = {
  chat: openAiReply,
  completions: openAiReply,
  embeddings: openAiReply,
  responses: responsesReply,
  messages: messagesReply,
}

/**
 * Folds the chunks of a reply, one or many, into the message, finish reason and usage that a single
 * reply would have had, for every choice, and puts them on the trace. Changes nothing the caller sees.
 */
export default definePlugin({
  name: 'stream-accumulator',
  description: 'Makes one message of the chunks of a reply.',
  config: { type: 'object', properties: {}, additionalProperties: false },

  setup: () => {
    const seat = perCall((): { fold: ReplyFold | null } => ({ fold: null }))
    return {
      stream(call) {
        const begin = FOLDS[call.dialect]
        if (!begin) return
        // A new attempt begins a new reply: what an abandoned one said is forgotten.
        const fold = begin()
        seat(call).fold = fold
        return { observe: fold.observe }
      },
      trace(trace, call) {
        const { fold } = seat(call)
        return fold ? recordReply(trace, fold.folded()) : undefined
      },
    }
  },
})
