import { definePlugin, perCall, withFlags, type Call, type JsonObject } from 'sluice/plugin'
import { hiddenFrom } from './hidden.ts'
import { modeInMetadata } from './mode.ts'
import { planAttempt, type Plan } from './plan.ts'
import { createRefusals, fieldsNamedBy, type Refused } from './refusals.ts'
import { settings } from './settings.ts'
import { createVeil } from './veil.ts'

interface Progress {
  /** Of the attempt under way. */
  plan: Plan | undefined
  /** What this call does without, because an attempt was refused over it. */
  readonly refused: Refused[]
}

/**
 * Asks each upstream, in its own words, for what a trainer needs (token ids, logprobs, usage), goes
 * without what it refuses, and lets the caller see only what the caller asked for.
 */
export default definePlugin({
  name: 'parameter-injection',
  description: 'Asks upstreams for token ids, logprobs and usage, unseen by the caller.',
  config: settings,

  setup({ config, log, memory }) {
    const refusals = createRefusals(memory, config.relearnAfterHours * 3_600_000)
    const progress = perCall((): Progress => ({ plan: undefined, refused: [] }))

    return {
      params(_params, call) {
        if (canCapture(call)) modeInMetadata(config, call)
      },

      attempt(params, call, { upstream }) {
        const state = progress(call)
        state.plan = undefined
        if (!canCapture(call) || Object.keys(params).length === 0) return
        const model = modelOf(params, call)
        state.plan = planAttempt(config, params, call, upstream.kind, (field) => {
          const asked = { upstream: upstream.name, model, field }
          const refusedNow = state.refused.some((one) => isSame(one, asked))
          return refusedNow || refusals.knows(asked, call.startedAt)
        })
        return state.plan.params
      },

      refused(refusal, call, { upstream }) {
        const { plan, refused } = progress(call)
        if (!plan) return
        const fields = fieldsNamedBy(refusal, plan.added)
        if (fields.length === 0 || (plan.mode === 'required' && fields.includes('logprobs'))) return
        const model = modelOf(plan.params, call)
        for (const field of fields) refused.push({ upstream: upstream.name, model, field })
        log.info(
          { upstream: upstream.name, model, fields, status: refusal.status },
          'the upstream refused fields that were added for the record; asking again without them',
        )
        return 'again'
      },

      stream(call) {
        const { plan } = progress(call)
        if (!plan) return
        return createVeil(hiddenFrom(call.received, plan.params, plan.shape, config.strip))
      },

      trace(trace, call) {
        const { plan } = progress(call)
        if (plan?.mode !== 'required' || !isSuccess(trace.http_status)) return
        const { choices } = trace
        if (choices.length > 0 && choices.every((choice) => choice.logprobs)) return
        return { ...trace, warnings: withFlags(trace.warnings, ['logprobs_missing']) }
      },

      // Only now is it certain that the field was to blame: the same call went through without it.
      async saved(trace, call) {
        const { refused } = progress(call)
        if (!isSuccess(trace.http_status)) return
        for (const one of refused) {
          if (one.upstream === trace.upstream?.name) await refusals.learn(one, call.startedAt)
        }
      },
    }
  },
})

function canCapture({ dialect, method }: Call): boolean {
  return method === 'POST' && (dialect === 'chat' || dialect === 'completions')
}

/** The model as it is sent, which a plugin may have changed. */
function modelOf(params: JsonObject, call: Call): string {
  const model = params['model']
  return typeof model === 'string' ? model : call.model
}

function isSame(a: Refused, b: Refused): boolean {
  return a.upstream === b.upstream && a.model === b.model && a.field === b.field
}

function isSuccess(status: number | null): boolean {
  return status !== null && status < 400
}
