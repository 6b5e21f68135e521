import { parseArgs } from 'node:util'
import { PAYLOADS, type Payload } from './payloads.ts'

/** What a run of the benchmark is to do. */
export interface BenchOptions {
  readonly payloads: readonly Payload[]
  /** Whether keys, limits and routing are measured, too. */
  readonly guarded: boolean
  readonly rounds: number
  /** Calls are divided by this; 1 is a full run. */
  readonly shorten: number
  readonly json: boolean
}

export const USAGE = `Usage: npm run bench -- [--quick] [--only 10k|156k|stream|keys] [--json]

  --quick   one round, a fifth of the calls: shows that it runs, not how fast
  --only    one payload, or what keys, limits and routing cost
  --json    the figures as JSON instead of tables`

/** Reads the command line. @throws TypeError that says what is wrong with it; null asks for help. */
export function readOptions(args: readonly string[]): BenchOptions | null {
  const { values } = parseArgs({
    args: [...args],
    options: {
      quick: { type: 'boolean', default: false },
      only: { type: 'string' },
      json: { type: 'boolean', default: false },
      help: { type: 'boolean', short: 'h', default: false },
    },
  })
  if (values.help) return null
  return {
    payloads: payloadsFor(values.only),
    guarded: values.only === undefined || values.only === GUARDED,
    rounds: values.quick ? 1 : 5,
    shorten: values.quick ? 5 : 1,
    json: values.json,
  }
}

/** What is measured beside the payloads, by the name `--only` has for it. */
const GUARDED = 'keys'

function payloadsFor(only: string | undefined): readonly Payload[] {
  if (only === undefined) return PAYLOADS
  return only === GUARDED ? [] : [payloadNamed(only)]
}

/** @throws TypeError for a name that no payload has */
export function payloadNamed(name: string): Payload {
  const payload = PAYLOADS.find((one) => one.name === name)
  if (payload) return payload
  const names = PAYLOADS.map((one) => one.name).join(', ')
  throw new TypeError(`there is no payload "${name}"; choose one of ${names}, ${GUARDED}`)
}
