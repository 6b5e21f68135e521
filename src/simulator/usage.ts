/** What a reply cost, in tokens. */
export interface Usage {
  readonly prompt: number
  readonly completion: number
  /** Null where the server does not report details. */
  readonly cached: number | null
  /** Null without a reasoning parser. */
  readonly reasoning: number | null
}

const counts = ({ prompt, completion }: Usage): string =>
  `"prompt_tokens":${prompt},"total_tokens":${prompt + completion},"completion_tokens":${completion}`

/** In a stream, details that do not exist are left out. */
export const streamUsage = (usage: Usage): string => {
  const cached =
    usage.cached === null ? '' : `,"prompt_tokens_details":{"cached_tokens":${usage.cached}}`
  const reasoning =
    usage.reasoning === null
      ? ''
      : `,"completion_tokens_details":{"reasoning_tokens":${usage.reasoning}}`
  return `{${counts(usage)}${cached}${reasoning}}`
}

/** In a chunk that is not the last, only the running counts are given. */
export const runningUsage = (prompt: number, completion: number): string =>
  `{${counts({ prompt, completion, cached: null, reasoning: null })}}`

/** In a body, details that do not exist are null. */
export const bodyUsage = (usage: Usage): string => {
  const cached = usage.cached === null ? 'null' : `{"cached_tokens":${usage.cached}}`
  const reasoning = usage.reasoning === null ? 'null' : `{"reasoning_tokens":${usage.reasoning}}`
  return `{${counts(usage)},"prompt_tokens_details":${cached},"completion_tokens_details":${reasoning}}`
}
