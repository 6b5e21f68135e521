import { send, type Exchange } from './exchange.ts'

const BUCKETS = [0.001, 0.005, 0.01, 0.05, 0.1, 0.5, 1, 5, 10, 60]

/** `GET /metrics`, under the names vLLM's own metrics have. */
export const answerMetrics = ({ response, engine, cache, settings }: Exchange): void => {
  const { counters, totals } = engine
  const { seconds } = totals
  const labels = `engine="0",model_name="${settings.models[0] ?? ''}"`
  const reasons = [...totals.byReason].map(
    ([reason, count]) => [`${labels},finished_reason="${reason}"`, count] as const,
  )
  const text = [
    gauge('num_requests_running', labels, counters.running),
    gauge('num_requests_waiting', labels, counters.waiting),
    gauge('kv_cache_usage_perc', labels, Math.min(counters.running / 256, 1)),
    counter('prefix_cache_queries', [[labels, cache.totals.queries]]),
    counter('prefix_cache_hits', [[labels, cache.totals.hits]]),
    counter('prompt_tokens', [[labels, totals.promptTokens]]),
    counter('generation_tokens', [[labels, totals.generationTokens]]),
    counter('num_preemptions', [[labels, 0]]),
    counter('request_success', reasons),
    histogram('time_to_first_token_seconds', labels, seconds.prefill),
    histogram('time_per_output_token_seconds', labels, seconds.perToken),
    histogram('e2e_request_latency_seconds', labels, seconds.whole),
    // Nothing ever queues here: a request starts when it arrives.
    histogram(
      'request_queue_time_seconds',
      labels,
      seconds.prefill.map(() => 0),
    ),
    histogram('request_prefill_time_seconds', labels, seconds.prefill),
    histogram('request_decode_time_seconds', labels, seconds.decode),
    gauge('cache_config_info', `${labels},block_size="16"`, 1),
  ]
  send(response, 200, text.join(''), 'text/plain; version=0.0.4; charset=utf-8')
}

const gauge = (name: string, labels: string, value: number): string =>
  `# TYPE vllm:${name} gauge\nvllm:${name}{${labels}} ${value}\n`

const counter = (name: string, values: readonly (readonly [string, number])[]): string =>
  `# TYPE vllm:${name}_total counter\n${values.map(([labels, value]) => `vllm:${name}_total{${labels}} ${value}\n`).join('')}`

const histogram = (name: string, labels: string, seconds: readonly number[]): string => {
  const count = (limit: number): number => seconds.filter((second) => second <= limit).length
  const buckets = [...BUCKETS, Infinity].map((limit) => {
    const bound = limit === Infinity ? '+Inf' : limit
    return `vllm:${name}_bucket{${labels},le="${bound}"} ${count(limit)}\n`
  })
  const sum = seconds.reduce((total, second) => total + second, 0)
  return `# TYPE vllm:${name} histogram\n${buckets.join('')}vllm:${name}_sum{${labels}} ${sum}\nvllm:${name}_count{${labels}} ${seconds.length}\n`
}
