import { all, later, moved, type Row } from './rows.ts'
import { amount } from './values.ts'

const price = (key: string): Row => moved(['price', key], (said) => amount(said))

/** What LiteLLM calls the prices, of `litellm_params` and of `model_info`. */
export const PRICES: Readonly<Record<string, Row>> = {
  input_cost_per_token: price('input_per_token'),
  output_cost_per_token: price('output_per_token'),
  cache_read_input_token_cost: price('cached_input_per_token'),
  cache_creation_input_token_cost: price('cache_write_per_token'),
  output_cost_per_reasoning_token: price('reasoning_per_token'),
  input_cost_per_second: price('input_per_second'),
  output_cost_per_second: price('output_per_second'),
  ...all(
    [
      'input_cost_per_character',
      'output_cost_per_character',
      'input_cost_per_token_batches',
      'output_cost_per_token_batches',
      'input_cost_per_image',
      'output_cost_per_image',
      'input_cost_per_audio_token',
      'output_cost_per_audio_token',
    ],
    later(),
  ),
}
