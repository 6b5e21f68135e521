import type { Dialect, JsonObject } from '../plugin/index.ts'

/** The wire language spoken at an OpenAI path, with or without its `/v1` prefix. */
export function dialectOf(path: string): Dialect {
  switch (path.startsWith('/v1/') ? path.slice(3) : path) {
    case '/chat/completions':
      return 'chat'
    case '/completions':
      return 'completions'
    case '/responses':
      return 'responses'
    case '/messages':
      return 'messages'
    case '/embeddings':
      return 'embeddings'
    default:
      return 'other'
  }
}

/** How many choices the answer to these params has; null where that is unknown or has no meaning. */
export function expectedChoices(dialect: Dialect, params: JsonObject): number | null {
  if (dialect === 'chat') return choicesPerPrompt(params)
  if (dialect !== 'completions') return null
  const perPrompt = choicesPerPrompt(params)
  const prompts = promptCount(params)
  return perPrompt === null || prompts === null ? null : perPrompt * prompts
}

function choicesPerPrompt({ n }: JsonObject): number | null {
  if (n === undefined || n === null) return 1
  return typeof n === 'number' && Number.isInteger(n) && n > 0 ? n : null
}

/** `prompt` is one text, one list of token ids, or a list of either. */
function promptCount({ prompt }: JsonObject): number | null {
  if (typeof prompt === 'string') return 1
  if (!Array.isArray(prompt) || prompt.length === 0) return null
  return typeof prompt[0] === 'number' ? 1 : prompt.length
}
