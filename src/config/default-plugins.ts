/** The built-ins, in the order in which they are loaded where a configuration names none. */
export const DEFAULT_PLUGINS: string[] = [
  'tracing',
  'parameter-injection',
  'logprob-extraction',
  'stream-accumulator',
]
