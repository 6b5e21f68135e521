import { PRICES } from './price.ts'
import { all, elsewhere, later, moved, tableOf } from './rows.ts'
import { count, text, whole } from './values.ts'

/** The keys of `model_info` that mean something to the gateway. All of it is kept as `info` besides. */
export const MODEL_INFO = tableOf({
  id: moved(['worker_id'], text),
  order: moved(['order'], (said) => whole(said, Number.MIN_SAFE_INTEGER)),
  rpm: moved(['rpm'], count),
  tpm: moved(['tpm'], count),
  ...PRICES,
  ...all(
    ['access_groups', 'blocked', 'team_id', 'team_public_model_name', 'supported_environments'],
    later('the model is there for all'),
  ),
  ...all(['custom_tokenizer', 'health_check_model'], later()),
  ...all(
    [
      'base_model',
      'db_model',
      'mode',
      'tier',
      'max_tokens',
      'max_input_tokens',
      'max_output_tokens',
      'health_check_timeout',
      'health_check_max_tokens',
      'health_check_max_tokens_reasoning',
      'health_check_max_tokens_non_reasoning',
      'disable_background_health_check',
    ],
    elsewhere,
  ),
})
