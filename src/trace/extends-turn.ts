import type { Trace } from '../plugin/index.ts'

type WithIds = Pick<Trace, 'prompt_token_ids' | 'completion_token_ids'>

/** Whether a prompt starts with the prompt and completion of the turn before. Null without ids. */
export function extendsTurn(turn: WithIds, last: WithIds | null): boolean | null {
  const prompt = turn.prompt_token_ids
  if (!last || prompt.length === 0) return null
  const { prompt_token_ids: before, completion_token_ids: said } = last
  if (prompt.length < before.length + said.length) return false
  return (
    before.every((id, at) => prompt[at] === id) &&
    said.every((id, at) => prompt[before.length + at] === id)
  )
}
