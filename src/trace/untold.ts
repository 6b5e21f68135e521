import type { Trace } from '../plugin/index.ts'

/** What a trace says of a reply that nobody has read yet: the fields that plugins fill in. */
export const UNTOLD = {
  messages: [],
  prompt_token_ids: [],
  response_message: {},
  completion_token_ids: [],
  logprobs: null,
  routing_matrices: null,
  finish_reason: null,
  weight_version: null,
  weight_version_end: null,
  token_counts: {},
  raw_response: null,
  response_model: null,
  choices: [],
  tools: null,
  usage: null,
  cost: null,
  cost_details: null,
  caller: null,
  cache: null,
  checks: {
    ids_match_usage: null,
    prompt_matches_usage: null,
    logprobs_aligned: null,
    extends_last_turn: null,
  },
  agent: null,
  parent_agent: null,
  client_retry: null,
} as const satisfies Partial<Trace>
