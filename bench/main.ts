import { createCrew } from './crew.ts'
import { measureGuarded } from './guarded.ts'
import { guardedReport, guardedVerdict } from './guarded-report.ts'
import { measure, type Measured } from './measure.ts'
import { readOptions, USAGE, type BenchOptions } from './options.ts'
import { head, payloadReport, verdict } from './report.ts'

/** Measures what was asked for and prints it as it comes. */
async function bench(options: BenchOptions): Promise<void> {
  const say = (text: string): void => {
    if (!options.json) console.log(`${text}\n`)
  }
  const crew = createCrew()
  try {
    say(head(options.rounds))
    const all: Measured[] = []
    for (const payload of options.payloads) {
      const measured = await measure(crew, payload, options)
      say(payloadReport(measured))
      all.push(measured)
    }
    const guarded = options.guarded ? await measureGuarded(crew, options) : null
    if (guarded) say(guardedReport(guarded))
    const verdicts = [...all.map(verdict), ...(guarded ? [guardedVerdict(guarded)] : [])]
    console.log(
      options.json
        ? JSON.stringify({ node: process.versions.node, payloads: all, guarded }, mapsAsObjects, 2)
        : verdicts.join('\n'),
    )
  } finally {
    await crew.stop()
  }
}

function mapsAsObjects(_key: string, value: unknown): unknown {
  return value instanceof Map ? Object.fromEntries(value) : value
}

try {
  const options = readOptions(process.argv.slice(2))
  if (options) await bench(options)
  else console.log(USAGE)
} catch (error) {
  console.error(error instanceof TypeError ? `bench: ${error.message}\n\n${USAGE}` : error)
  process.exitCode = 1
}
