import {
  choiceColumns,
  completionStyle,
  completionUsage,
  echoedText,
  type CompletionChoice,
  type CompletionReply,
} from './completion-reply.ts'
import { pythonFloat } from './floats.ts'
import { promptLogprobs } from './logprobs.ts'
import { bodyUsage } from './usage.ts'

/** A completion as one JSON body, with every field vLLM knows, nulls included. */
export const completionBody = (completion: CompletionReply, withUsage: boolean): string => {
  const { choices, settings } = completion
  const produced = choices.reduce((sum, choice) => sum + choice.reply.ids.length, 0)
  const usage = withUsage ? bodyUsage(completionUsage(completion, produced)) : 'null'
  const printed = choices.map((choice) => choiceJson(completion, choice)).join(',')
  return `{"id":${JSON.stringify(completion.id)},"object":"text_completion","created":${completion.created},"model":${JSON.stringify(completion.model)},"choices":[${printed}],"service_tier":null,"system_fingerprint":"${settings.fingerprint}","usage":${usage},"kv_transfer_params":null${settings.tokenIds ? ',"metrics":null' : ''}}`
}

const choiceJson = (completion: CompletionReply, choice: CompletionChoice): string => {
  const { request, settings } = completion
  const { reply, prompt, index } = choice
  const output = request.promptOnly ? '' : reply.texts.join('')
  const text = JSON.stringify(`${echoedText(completion, choice)}${output}`)
  const style = completionStyle(completion, pythonFloat)
  const all = { from: 0, to: reply.ids.length }
  const logprobs = style === null ? 'null' : choiceColumns(completion, choice, all, 0, style).json
  const list = (ids: readonly number[]): string =>
    request.returnTokenIds ? `[${ids.join(',')}]` : 'null'
  const outputIds = list(request.promptOnly ? [] : reply.ids)
  const ids = settings.tokenIds ? `,"token_ids":${outputIds}` : ''
  const promptIds = settings.tokenIds
    ? `,"prompt_token_ids":${list(prompt.ids)},"routed_experts":null`
    : ''
  return `{"index":${index},"text":${text},"logprobs":${logprobs},"finish_reason":"${reply.finishReason}","stop_reason":${JSON.stringify(reply.stopReason)}${ids},"prompt_logprobs":${promptLogprobsJson(completion, choice)}${promptIds}}`
}

const promptLogprobsJson = (
  { request, settings }: CompletionReply,
  { prompt }: CompletionChoice,
): string => {
  if (request.promptLogprobs === null) return 'null'
  const style = { asIds: false, float: pythonFloat, sorted: false, certain: false }
  return promptLogprobs(settings.seed, prompt.ids, { ...style, top: request.promptLogprobs })
}
