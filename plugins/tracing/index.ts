import { definePlugin } from 'sluice/plugin'
import { assemble } from './assemble.ts'
import { createSaver } from './save.ts'

/**
 * Commits an intent before a call leaves and its trace before the reply ends. It stands first in the
 * list, so that on the way back it assembles the record after every other plugin has added to it.
 */
export default definePlugin({
  name: 'tracing',
  description: 'Commits every call to the trace store before its reply ends.',
  config: {
    type: 'object',
    properties: {
      intent: {
        type: 'boolean',
        default: true,
        description:
          'Commit each call before it is sent, so that a crash leaves no call unmentioned and turns are ' +
          'numbered in the order they were begun.',
      },
      attempts: {
        type: 'integer',
        minimum: 1,
        default: 4,
        description: 'How often a busy store is asked to save a trace.',
      },
      backoffMs: {
        type: 'integer',
        minimum: 0,
        default: 50,
        description: 'The longest wait before the second attempt; it doubles each time.',
      },
      deadlineMs: {
        type: 'integer',
        minimum: 0,
        default: 20_000,
        description: 'No attempt is begun after this time.',
      },
    },
  },

  setup({ config, log, signal, traces }) {
    const save = createSaver(traces, config, log, signal)
    return {
      async intent(intent) {
        if (config.intent) await traces.begin(intent)
      },
      trace: assemble,
      save,
    }
  },
})
