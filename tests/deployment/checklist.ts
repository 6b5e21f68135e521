/** What users of LiteLLM's proxy rely on, and the tests that show it. */
export interface Point {
  readonly what: string
  /** Files below `tests`, with the names of tests as they stand there. */
  readonly shownBy: Readonly<Record<string, readonly string[]>>
}

export const CHECKLIST: readonly Point[] = [
  {
    what: 'a file that was written for LiteLLM loads as it is, and what is not used is told once, with its place',
    shownBy: {
      'config/litellm-guide.test.ts': ['the guide for vLLM: ${what}'],
      'config/litellm-file.test.ts': ['a file with every section gives exactly these settings'],
      'config/litellm-keys.test.ts': [
        'every key of ${section} is read, told of or known to need nothing',
      ],
      'config/litellm-warnings.test.ts': [
        'an unknown key of LiteLLM never ends the start, and is told',
      ],
      'deployment/guide.test.ts': ['health needs no key'],
    },
  },
  {
    what: 'servers are found with and without /v1 in their address, and models whose names have slashes',
    shownBy: {
      'config/litellm-servers.test.ts': ['${name} as ${JSON.stringify(params)}'],
      'upstream/api-path.test.ts': ['${path} at ${url} with its API at ${api} is ${want}'],
      'gateway/routing-paths.test.ts': [
        'may leave /v1 out, with any configuration: ${path}',
        "may name the model where LiteLLM's clients do: ${path}",
      ],
    },
  },
  {
    what: 'a shuffle of 9 to 1 is one, whichever entry has the weight',
    shownBy: {
      'upstream/strategies.test.ts': [
        'gives nine of ten calls to nine tenths of ${key}, whoever is named first',
        'counts a weight also where only the second has one, and a missing one as 1',
      ],
      'gateway/routing-litellm.test.ts': [
        'simple-shuffle gives 9 of 10 calls to a weight of 9, whoever has it',
      ],
    },
  },
  {
    what: 'least-busy never lets one server have two calls more than another, and who leaves frees a place',
    shownBy: {
      'upstream/strategies.test.ts': ['never lets one have two calls more than another'],
      'gateway/routing-limits.test.ts': [
        'least-busy spreads slow streams evenly, and those whose callers left do not count',
      ],
    },
  },
  {
    what: 'requests and tokens of a server are counted by minutes of the clock, and 429 says when there is room',
    shownBy: {
      'upstream/seat.test.ts': [
        'a minute is one of the clock',
        'rpm admits as many calls as it says, and the next minute as many again',
        'tokens of a call count before it is answered, and as many as it took after',
      ],
      'gateway/routing-limits.test.ts': ['rpm is kept to the call where the strategy counts'],
    },
  },
  {
    what: 'a 429 of one server goes to another at once, and that one is left alone as long as it asks',
    shownBy: {
      'gateway/routing-litellm.test.ts': [
        'a 429 of one goes to the other at once, and it is left alone for as long as it asks',
      ],
      'upstream/cooldown.test.ts': [
        'cools down for as long as it asks for, and for its own time before that',
      ],
    },
  },
  {
    what: 'retries and fallbacks are counted in headers, end, and leave the first error what it was',
    shownBy: {
      'gateway/routing-litellm.test.ts': [
        'fallbacks of fallbacks are five at most, and the first error is the answer',
      ],
      'gateway/routing-fallbacks.test.ts': [
        'is stood in for by the next, and the trace tells both attempts with their models',
        'gives its own error when all others fail as well, and the trace is about that',
        'goes to the list of its own (${how})',
      ],
      'gateway/routing-retries.test.ts': [
        'a call that failed is sent again elsewhere, at once, and each attempt is in the trace',
        'retry-after is waited for when there is nobody else',
      ],
    },
  },
  {
    what: 'OpenAI’s own clients, in Python and in JavaScript, raise the errors they have for each refusal',
    shownBy: {
      'clients/openai-errors.test.ts': [
        'a key that nobody knows is an AuthenticationError',
        'a model that nobody serves is a NotFoundError that names it',
        'a body that cannot be read is a BadRequestError',
        'upstreams that are all busy are a RateLimitError',
        'a model that a key may not ask is a PermissionDeniedError, and its list leaves it out',
        'an upstream that breaks off is an InternalServerError',
        'a stream that breaks off ends with an error',
      ],
      'interop/openai-sdk.test.ts': [
        'are the same classes with a LiteLLM configuration, where the code is the status',
      ],
    },
  },
  {
    what: 'keys are made, told of and blocked; budgets and models they may not ask refuse them',
    shownBy: {
      'admin/keys.test.ts': ['are made with every field that LiteLLM answers with'],
      'gateway/virtual-keys.test.ts': [
        'end at once when the key is blocked, and go on when it no longer is',
      ],
      'gateway/key-models.test.ts': [
        'may ask those, and gets a 403 for others in the words of LiteLLM, unsent',
      ],
      'gateway/budgets.test.ts': [
        'that a hundred calls want at once is overshot by one reservation at most',
        'that is spent is a 429 that no client tries again, with LiteLLM’s words',
      ],
    },
  },
  {
    what: 'limits are told with each answer, and their minute begins with the first call',
    shownBy: {
      'gateway/limits.test.ts': [
        'are told with each answer, and the one too many is refused as LiteLLM does',
        'of a hundred calls that come at once overshoot by one reservation at most',
        'are free again when a call has ended, failed, or its caller has left',
      ],
      'gateway/shared-limits.test.ts': [
        'overshoot the tokens of a key by one reservation at most',
        'overshoot the budget of a key by one reservation at most',
      ],
      'shared/counters.contract.ts': [
        'a window begins with its first use, and the next with the use after it',
      ],
    },
  },
  {
    what: 'models and health are told in the shapes that LiteLLM’s tools read',
    shownBy: {
      'gateway/models.test.ts': [
        "is the gateway's own in a LiteLLM configuration, which names models itself",
      ],
      'admin/health.test.ts': [
        'is told in words for rLLM and in lists for LiteLLM',
        '${path} is a JSON string',
      ],
    },
  },
  {
    what: 'the cache does what a call says about it, and keeps apart all that could differ',
    shownBy: {
      'cache/controls.test.ts': [
        'no-cache asks anew, and what it gets takes the place of what was kept',
        'no-store keeps nothing',
        'an answer whose ttl is over is not there any more',
        's-maxage takes none that is older',
        'a namespace has answers of its own',
      ],
      'cache/questions.test.ts': [
        'only with the same fields, also those that only some engines know',
      ],
      'cache/sessions.test.ts': ['under mode asked a call has to ask'],
      'cache/hits.test.ts': [
        'is the stream of the first, byte for byte',
        'has a trace of its own with the same ids, which says where it came from',
      ],
      'cache/redis.test.ts': ['answers calls of every gateway, byte for byte'],
    },
  },
  {
    what: 'what a server streams reaches the caller byte by byte, with its ids; what is cut looks cut',
    shownBy: {
      'gateway/routing-tokens.test.ts': [
        "${how}: ${dialect}${streamed ? ', streamed' : ''}",
        'and a caller that did not ask sees none, while the trace has them all the same',
      ],
      'gateway/edge-rows-framing.test.ts': [
        'row 38: comments, blank lines, empty data and bare fields pass and say nothing',
        'row 35: a stream that just ends is partial and looks cut to the caller',
      ],
      'gateway/edge-rows-replies.test.ts': [
        'row 52: reasoning keeps its name in the bytes and on record',
      ],
      'gateway/upstream-faults.test.ts': [
        'U9: a reset in the middle of a stream ends it with an error event and a cut',
      ],
    },
  },
  {
    what: 'what calls cost stands in a table of LiteLLM’s name and columns, with cached tokens at their price',
    shownBy: {
      'trace/sqlite-books.test.ts': ['the views have the columns of LiteLLM’s spend log'],
      'ledger/cost-of.test.ts': [
        'a call of 1000 tokens in, 400 cached and 100 written, and 200 out, 150 of them thoughts',
      ],
      'gateway/cost.test.ts': [
        'is by the price list at a service, with what was cached, and no exponent',
      ],
      'deployment/guide.test.ts': ['what each model cost is asked by SQL'],
      'admin/spend.test.ts': ['one call is found by its id, with all that LiteLLM logs'],
    },
  },
  {
    what: 'numbers have the names and labels that dashboards for LiteLLM ask for',
    shownBy: {
      'metrics/litellm-labels.test.ts': [
        'a stream that was answered and a call that failed have LiteLLM’s numbers and labels',
      ],
      'metrics/calls.test.ts': ['a whole answer, with its tokens, times and labels'],
    },
  },
  {
    what: 'hooks come in their order, refuse calls, take part in streams one after the other, and fail alone',
    shownBy: {
      'gateway/plugins-order.test.ts': [
        'have it in the order of the list, and its answer in the reverse',
        'have each event of a stream one after the other',
      ],
      'gateway/plugins-failing.test.ts': [
        "${hook}: ${how}, ${streamed ? 'stream' : 'single'}: ${code ?? 'the call goes on'}",
        'every failure is counted under the name of its plugin and hook',
      ],
    },
  },
]
