import type { CompletionRequest } from './completion-request.ts'
import type { LogprobStyle } from './logprobs.ts'
import { logprobColumns, type LogprobColumns, type LogprobSpan } from './completion-logprobs.ts'
import type { FloatFormat } from './floats.ts'
import type { Settings } from './options.ts'
import type { Prompt, Reply } from './sampler.ts'
import type { Usage } from './usage.ts'

/** One choice: number `promptIndex * n + choice` of the reply. */
export interface CompletionChoice {
  readonly index: number
  readonly prompt: Prompt
  readonly reply: Reply
}

/** Everything a reply of `/v1/completions` is printed from, streamed or not. */
export interface CompletionReply {
  readonly id: string
  readonly created: number
  readonly model: string
  readonly request: CompletionRequest
  readonly settings: Settings
  readonly choices: readonly CompletionChoice[]
  readonly cachedTokens: number
}

export const completionUsage = (completion: CompletionReply, produced: number): Usage => ({
  prompt: completion.request.prompts.reduce((sum, prompt) => sum + prompt.ids.length, 0),
  completion: produced,
  cached: completion.settings.usageDetails ? completion.cachedTokens : null,
  reasoning: null,
})

export const completionStyle = (
  { request, settings }: CompletionReply,
  float: FloatFormat,
): LogprobStyle | null =>
  request.logprobs === null
    ? null
    : {
        top: request.logprobs,
        asIds: request.tokensAsIds,
        float,
        sorted: false,
        certain:
          settings.logprobsMode === 'processed_logprobs' && request.sampling.temperature === 0,
      }

/** Under echo the text begins with the prompt, unless its ids were asked for: then it is blank. */
export const echoedText = ({ request }: CompletionReply, { prompt }: CompletionChoice): string =>
  request.echo && !request.returnTokenIds ? prompt.text : ''

/** Under echo the values cover the prompt too, while the token ids never do. */
export const choiceColumns = (
  { request }: CompletionReply,
  { prompt, reply }: CompletionChoice,
  range: { readonly from: number; readonly to: number },
  offset: number,
  style: LogprobStyle,
): LogprobColumns => {
  const spans: LogprobSpan[] = []
  if (request.echo && range.from === 0) {
    // Far from the positions of the reply, so that prompt and reply do not share values.
    spans.push({ seed: reply.seed, ids: prompt.ids, position: PROMPT_POSITION, startsPrompt: true })
  }
  if (!request.promptOnly) {
    const ids = reply.ids.slice(range.from, range.to)
    spans.push({ seed: reply.seed, ids, position: range.from, startsPrompt: false })
  }
  return logprobColumns(spans, offset, style)
}

const PROMPT_POSITION = 1 << 24
