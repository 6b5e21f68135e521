import { definePlugin, perCall, type Chunk, type Dialect } from 'sluice/plugin'
import { recordTokens } from './record.ts'
import { addChunk, addResponsesEvent, noReply, type ReplyTokens } from './reply-tokens.ts'

/** The dialects whose replies can carry ids or logprobs. */
const READERS: Readonly<Partial<Record<Dialect, (reply: ReplyTokens, chunk: Chunk) => void>>> = {
  chat: addChunk,
  completions: addChunk,
  responses: addResponsesEvent,
}

/**
 * Takes token ids, logprobs and what belongs to them out of a reply, in whichever of the known ways the
 * server sends them, and puts them on the trace, for every choice. Changes nothing the caller sees.
 */
export default definePlugin({
  name: 'logprob-extraction',
  description: 'Records token ids and logprobs exactly as the server sent them.',
  config: {
    type: 'object',
    properties: {
      keep: {
        type: 'array',
        description: 'What to record beside ids and logprobs.',
        items: { enum: ['tokens', 'bytes', 'top_logprobs'] },
        uniqueItems: true,
        default: ['tokens', 'bytes', 'top_logprobs'],
      },
    },
    additionalProperties: false,
  },

  setup: ({ config }) => {
    const keep = new Set(config.keep)
    const seat = perCall((): { reply: ReplyTokens | null } => ({ reply: null }))
    return {
      stream(call) {
        const read = READERS[call.dialect]
        if (!read) return
        // A new attempt begins a new reply: what an abandoned one said is forgotten.
        const reply = noReply(keep)
        seat(call).reply = reply
        return { observe: (chunk) => read(reply, chunk) }
      },
      trace(trace, call) {
        const { reply } = seat(call)
        return reply ? recordTokens(trace, call, reply) : undefined
      },
    }
  },
})
