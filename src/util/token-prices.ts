/** What tokens cost, in US dollars for one, by the names that configurations give them. */
export interface TokenPrices {
  readonly input_per_token?: number
  readonly output_per_token?: number
  /** As `input_per_token` where absent. */
  readonly cached_input_per_token?: number
  /** As `input_per_token` where absent. */
  readonly cache_write_per_token?: number
  /** As `output_per_token` where absent. */
  readonly reasoning_per_token?: number
  /** For a second of work on the call, whatever it asks and answers. */
  readonly input_per_second?: number
  readonly output_per_second?: number
}
