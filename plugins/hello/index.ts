import { definePlugin, perCall } from 'sluice/plugin'

/** Greets callers in a header and notes in how many pieces each reply came. Made to be copied. */
export default definePlugin({
  name: 'hello',
  config: { type: 'object', properties: { greeting: { type: 'string', default: 'hello' } } },
  setup({ config, log }) {
    const counts = perCall(() => ({ pieces: 0 }))
    return {
      headers: () => ({ 'x-hello': config.greeting }),
      stream: (call) => ({ observe: () => void (counts(call).pieces += 1) }),
      trace(trace, call) {
        const { pieces } = counts(call)
        log.info(`${config.greeting}, ${call.model}: your answer came in ${pieces} pieces`)
        return { ...trace, extra: { ...trace.extra, hello: { pieces } } }
      },
    }
  },
})
