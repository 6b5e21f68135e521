/**
 * The source of a plugin that misbehaves in one hook, as the call's metadata orders: `hook` names it,
 * `how` is one of the ways below. With no order it does nothing.
 */
export const SABOTEUR = `
import { definePlugin, GatewayError } from 'sluice/plugin'

const WAYS = {
  throw: () => { throw new Error('secret cause') },
  'throw null': () => { throw null },
  'throw a bare object': () => { throw Object.create(null) },
  reject: () => Promise.reject(new Error('secret cause')),
  hang: () => new Promise(() => {}),
  refuse: () => { throw new GatewayError('refused', { status: 451, detail: 'not today' }) },
  'answer 42': () => 42,
  'answer a text': () => 'text',
  'answer a list': () => [],
  'answer an empty object': () => ({}),
  'answer with a getter that throws': () => ({ get send() { throw new Error('secret cause') } }),
  'set a header to nothing': () => ({ 'x-mine': undefined }),
  'break a header': () => ({ 'x-mine': 'a\\r\\nx-forged: 1' }),
  'set our header': () => ({ 'x-trace-id': 'forged' }),
  'set a length': () => ({ 'content-length': '1' }),
  'answer a foreign chunk': (chunk) => ({ ...chunk, text: 'forged', data: {}, omit() { return this }, replace() { return this } }),
  'lose what it was given': (given) => ({ extra: { mine: true } }),
  'write into what it was given': (given) => {
    for (const value of [given.messages, given.choices, given.data?.choices]) {
      if (Array.isArray(value)) try { value.push('forged') } catch {}
    }
    try { given.model = 'forged' } catch {}
  },
  'answer a circle': (given) => { const circle = { ...given }; circle.circle = circle; return circle },
}

export default definePlugin({
  name: 'saboteur',
  setup() {
    const act = (hook, call, given) =>
      call.metadata.hook === hook ? WAYS[call.metadata.how](given) : undefined
    return {
      params: (params, call) => act('params', call, params),
      upstream: (candidates, call) => act('upstream', call, candidates),
      attempt: (params, call) => act('attempt', call, params),
      intent: (intent, call) => act('intent', call, intent),
      refused: (refusal, call) => act('refused', call, refusal),
      headers: (headers, call) => act('headers', call, headers),
      stream: (call) => act('stream', call) ?? {
        observe: (chunk) => act('observe', call, chunk),
        chunk: (chunk) => act('chunk', call, chunk),
      },
      trace: (trace, call) => act('trace', call, trace),
      save: (trace, call) => act('save', call, trace),
      saved: (trace, call) => act('saved', call, trace),
      error: (error, call) => act('error', call, error),
    }
  },
})
`
