import { definePlugin } from 'sluice/plugin'

const BEHIND_MS = 50

/**
 * A saboteur: says that a trace is saved when it is not, as gateways do that record after they
 * answered. A harness that finds nothing wrong with it would find nothing wrong with anything.
 */
export default definePlugin({
  name: 'write-behind',
  setup: ({ traces }) => ({
    async save(trace) {
      setTimeout(() => void traces.save(trace).catch(() => {}), BEHIND_MS)
    },
  }),
})
