import { withChoice, withFlags, withRows, type Call, type FullTrace } from 'sluice/plugin'
import { checksOf, countsOf } from './checks.ts'
import type { ReplyTokens } from './reply-tokens.ts'
import { sampled, type Asked } from './sampled.ts'
import { sameIds } from './token-ids.ts'

/** The trace with the reply's tokens in it. What the reply did not say stays as it was. */
export function recordTokens(trace: FullTrace, call: Call, reply: ReplyTokens): FullTrace {
  const asked = askedOf(trace, call)
  const byIndex = [...reply.choices.values()].toSorted((a, b) => a.index - b.index)
  const prompt = reply.prompt ?? byIndex[0]?.prompt ?? null
  let { choices } = trace
  for (const tokens of byIndex) {
    const own = tokens.prompt && !(prompt && sameIds(tokens.prompt, prompt)) ? tokens.prompt : null
    const { flags, extra, rows, ...fields } = sampled(tokens, tokens.prompt ?? reply.prompt, asked)
    // Only a completions call can have several prompts; elsewhere a second one contradicts the first.
    const isOnlyPrompt = call.dialect !== 'completions' || reply.prompt !== null
    const contradicts = own !== null && prompt !== null && isOnlyPrompt
    choices = withChoice(choices, tokens.index, (choice) => {
      const told = {
        ...choice,
        ...fields,
        prompt_token_ids: own,
        flags: withFlags(choice.flags, contradicts ? [...flags, 'prompt_ids_differ'] : flags),
        extra: { ...choice.extra, ...extra },
      }
      return rows ? withRows(told, rows) : told
    })
  }
  const first = choices.find((choice) => choice.index === byIndex[0]?.index)
  return {
    ...trace,
    prompt_token_ids: prompt ?? trace.prompt_token_ids,
    completion_token_ids: first?.token_ids ?? trace.completion_token_ids,
    logprobs: first?.logprobs ?? trace.logprobs,
    routing_matrices: first?.routing_matrices ?? trace.routing_matrices,
    token_counts: { ...countsOf(prompt, choices), ...trace.token_counts },
    // The server's own stamp is nearer the truth than what the gateway was told about its weights.
    weight_version: reply.firstWeights ?? trace.weight_version,
    weight_version_end: reply.latestWeights ?? trace.weight_version_end,
    choices,
    checks: {
      ...trace.checks,
      ...checksOf(reply.usage, prompt, choices, choicesPerPrompt(trace, call)),
    },
    warnings: withFlags(trace.warnings, reply.warnings),
  }
}

/** A parameter as it was sent: `params_sent` names those that differ from what the caller sent. */
function sentParam(trace: FullTrace, call: Call, name: string): unknown {
  return name in trace.params_sent ? trace.params_sent[name] : call.received[name]
}

function askedOf(trace: FullTrace, call: Call): Asked {
  return {
    ids: sentParam(trace, call, 'return_token_ids') === true,
    placeholders: sentParam(trace, call, 'return_tokens_as_token_ids') === true,
    echo: call.dialect === 'completions' && sentParam(trace, call, 'echo') === true,
  }
}

/** A completions call may have several prompts, and the choices of each follow one another. */
function choicesPerPrompt(trace: FullTrace, call: Call): number {
  if (call.dialect !== 'completions') return Infinity
  const n = sentParam(trace, call, 'n')
  return typeof n === 'number' && n >= 1 ? n : 1
}
