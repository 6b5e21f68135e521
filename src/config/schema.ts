import { Type, type Static } from 'typebox'
import { DEFAULT_PLUGINS } from './default-plugins.ts'
import { KeysSchema } from './keys-schema.ts'
import { PriceSchema } from './price-schema.ts'
import { RoutingSchema } from './routing-schema.ts'
import { number, optionalNumber, strict } from './schema-parts.ts'
import { CacheSchema, RedisSchema } from './shared-schema.ts'
import { UpstreamSchema } from './upstream-schema.ts'

const dialects = ['chat', 'completions', 'responses', 'messages', 'embeddings', 'other'] as const

const PluginEntry = Type.Union([
  Type.String(),
  Type.Object(
    {
      use: Type.String({
        description: 'A name in the plugin folder, a path or a package.',
        minLength: 1,
      }),
      as: Type.Optional(
        Type.String({ description: 'Another name, to load it twice.', minLength: 1 }),
      ),
      config: Type.Optional(
        Type.Record(Type.String(), Type.Unknown(), { description: 'Its settings.' }),
      ),
      onError: Type.Optional(Type.Enum(['fail', 'skip'], { description: 'What a failure does.' })),
      timeoutMs: Type.Optional(Type.Integer({ minimum: 1, description: 'Deadline of its hooks.' })),
      match: Type.Optional(
        Type.Object(
          {
            models: Type.Optional(Type.Array(Type.String())),
            dialects: Type.Optional(Type.Array(Type.Enum(dialects))),
            sessions: Type.Optional(Type.Array(Type.String())),
          },
          { ...strict, description: 'Which calls it takes part in; * stands for any text.' },
        ),
      ),
    },
    strict,
  ),
])

const Store = Type.Object(
  {
    kind: Type.Enum(['sqlite', 'memory'], { default: 'sqlite', description: 'Where traces live.' }),
    path: Type.String({
      default: './data/traces.db',
      description: 'The SQLite file.',
      minLength: 1,
    }),
    synchronous: Type.Enum(['full', 'normal', 'off'], {
      default: 'full',
      description:
        'full survives a power cut, normal and off only the process. Told by x-trace-durability.',
    }),
    intents: Type.Enum(['os', 'synced'], {
      default: 'os',
      description:
        'Under full: os commits intents without waiting for the disk; a power cut may lose the mention of unanswered calls.',
    }),
    max_queued_bytes: number(
      268_435_456,
      'Waiting to be committed; above it new calls get a 503.',
      1_048_576,
    ),
    deadline_ms: number(20_000, 'How long a commit may take before the call fails.', 1),
    busy_timeout_ms: number(5_000, 'How long to wait for another process that locks the file.'),
  },
  { ...strict, default: {}, description: 'The trace store.' },
)

const Limits = Type.Object(
  {
    body_bytes: number(67_108_864, 'Request body, inflated.', 1),
    response_bytes: number(268_435_456, 'Reply body, inflated.', 1),
    event_bytes: number(67_108_864, 'One event of a stream.', 1),
    depth: number(128, 'Nesting of a request body.', 1),
    connections: number(1_024, 'Sockets to one upstream.', 1),
  },
  { ...strict, default: {}, description: 'Sizes.' },
)

const Timeouts = Type.Object(
  {
    connect_ms: number(5_000, 'Until an upstream accepts a connection.', 1),
    headers_ms: number(600_000, 'Until it begins to answer.', 1),
    stream_headers_ms: optionalNumber('The same for streams; headers_ms by default.', 1),
    idle_ms: number(120_000, 'Between two pieces of its answer.', 1),
    total_ms: number(3_600_000, 'The whole call.', 1),
    client_stall_ms: number(60_000, 'How long a caller may stop reading.', 1),
    request_ms: number(60_000, 'Until a request has come in.', 1),
    grace_ms: number(250, 'Wait for the usage chunk after the last choice finished.'),
    shutdown_ms: number(30_000, 'Let calls finish at SIGTERM.'),
  },
  { ...strict, default: {}, description: 'Deadlines in milliseconds; none is infinite.' },
)

const Health = Type.Object(
  {
    interval_ms: number(10_000, 'Between two probes of an upstream; 0 probes none.'),
    timeout_ms: number(5_000, 'How long a probe may take.', 1),
    path: Type.String({ default: '/health', description: 'What is asked.', pattern: '^/' }),
    unhealthy_after: number(3, 'Failures in a row, of probes or calls, that take it out.', 1),
    healthy_after: number(2, 'Successful probes in a row that take it in again.', 1),
  },
  { ...strict, default: {}, description: 'When an upstream is left out.' },
)

/** The shape of `gateway.yaml`. */
export const ConfigSchema = Type.Object(
  {
    host: Type.String({ default: '127.0.0.1', description: 'Address to listen on.', minLength: 1 }),
    port: Type.Integer({
      default: 9090,
      minimum: 0,
      maximum: 65_535,
      description: 'Port; 0 takes a free one.',
    }),
    log_level: Type.Enum(['trace', 'debug', 'info', 'warn', 'error', 'silent'], {
      default: 'warn',
      description: 'JSON lines on stderr; info adds one line per call.',
    }),
    state_dir: Type.Optional(
      Type.String({
        description:
          'Folder of the small state: registered workers, the weight version, what plugins learned. Absent: a file beside the traces.',
        minLength: 1,
      }),
    ),
    store: Store,
    upstreams: Type.Array(UpstreamSchema, { default: [], description: 'Where calls go.' }),
    model: Type.Optional(
      Type.String({ description: 'Every call is for this model, whatever it asks.', minLength: 1 }),
    ),
    health: Health,
    routing: RoutingSchema,
    prices: Type.Record(Type.String(), PriceSchema, {
      default: {},
      description:
        'What models cost, by their names, where * stands for any text. The `price` of an upstream comes before.',
    }),
    keys: KeysSchema,
    cache: CacheSchema,
    redis: Type.Optional(RedisSchema),
    admin_token: Type.Optional(
      Type.String({
        description:
          'Bearer token for the API beside the calls. Write ${NAME}. Absent: it is open.',
        minLength: 1,
      }),
    ),
    metrics_auth: Type.Boolean({
      default: false,
      description: 'Whether GET /metrics asks for a key, too: the admin token or the master key.',
    }),
    project: Type.Optional(
      Type.String({ description: 'Written to `extra.project` of every trace.', minLength: 1 }),
    ),
    plugins: Type.Union([Type.Literal('auto'), Type.Array(PluginEntry)], {
      default: DEFAULT_PLUGINS,
      description: 'In order. auto: the built-ins and whatever lies in plugins_dir.',
    }),
    plugins_dir: Type.String({
      default: './plugins',
      description: 'Where plugin names are looked up first.',
      minLength: 1,
    }),
    metadata_header: Type.Optional(
      Type.String({
        description:
          'Sends the call metadata upstream as JSON in this header. Absent: it never leaves.',
        pattern: '^[a-z0-9-]+$',
      }),
    ),
    limits: Limits,
    timeouts: Timeouts,
  },
  {
    ...strict,
    $id: 'https://sluice.invalid/gateway.schema.json',
    title: 'Sluice gateway configuration',
  },
)

/** A checked configuration: every default filled in, every path absolute, frozen. */
export type Config = Static<typeof ConfigSchema>
export type UpstreamConfig = Config['upstreams'][number]
