import { joinRange, tokenSteps, type StreamOptions, type TokenRange } from './chunking.ts'
import {
  choiceColumns,
  completionStyle,
  completionUsage,
  echoedText,
  type CompletionChoice,
  type CompletionReply,
} from './completion-reply.ts'
import type { Step } from './delivery.ts'
import { serdeFloat } from './floats.ts'
import { runningUsage, streamUsage } from './usage.ts'

/** The chunks of a completion: no role chunk, every field of a choice in every chunk. */
export function* completionSteps(
  completion: CompletionReply,
  options: StreamOptions,
): Generator<Step> {
  const { request, settings } = completion
  const head = `data: {"id":${JSON.stringify(completion.id)},"object":"text_completion","created":${completion.created},"model":${JSON.stringify(completion.model)},"choices":[`
  const fingerprint = `,"system_fingerprint":"${settings.fingerprint}"`
  const style = completionStyle(completion, serdeFloat)
  const offsets = completion.choices.map(() => 0)

  const print = (choice: CompletionChoice, range: TokenRange): string => {
    const { reply, prompt, index } = choice
    const isFirst = range.from === 0
    const output = request.promptOnly ? '' : joinRange(reply.texts, range)
    const text = `${isFirst ? echoedText(completion, choice) : ''}${output}`
    const columns =
      style === null ? null : choiceColumns(completion, choice, range, offsets[index] ?? 0, style)
    if (columns !== null) offsets[index] = columns.nextOffset
    const reason = range.stopped ? 'abort' : reply.finishReason
    const finish = range.isLast ? `"${reason}"` : 'null'
    const stop = range.isLast && !range.stopped ? JSON.stringify(reply.stopReason) : 'null'
    const promptIds = request.returnTokenIds && isFirst ? `[${prompt.ids.join(',')}]` : 'null'
    const shown = request.promptOnly ? '' : joinRange(reply.ids, range, ',')
    const ids = request.returnTokenIds ? `[${shown}]` : 'null'
    const idFields = settings.tokenIds ? `,"prompt_token_ids":${promptIds},"token_ids":${ids}` : ''
    const running = request.usageOnEveryChunk
      ? `,"usage":${runningUsage(prompt.ids.length, range.to)}`
      : ''
    const mark = range.isLast && !request.includeUsage ? fingerprint : ''
    return `${head}{"index":${index},"text":${JSON.stringify(text)},"logprobs":${columns?.json ?? 'null'},"finish_reason":${finish},"stop_reason":${stop}${idFields}}]${running}${mark}}\n\n`
  }

  const produced = yield* tokenSteps(completion.choices, options, print)
  if (options.withUsage && request.includeUsage) {
    const usage = streamUsage(completionUsage(completion, produced))
    yield { tokens: 0, events: [`${head}],"usage":${usage}${fingerprint}}\n\n`] }
  }
}
