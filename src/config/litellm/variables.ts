import { isObject } from '../../plugin/index.ts'
import { invalid, rewritten, type ConfigDocument } from '../document.ts'
import { interpolate, type Environment } from '../interpolate.ts'

const SECTION = 'environment_variables'

export interface WithVariables {
  readonly document: ConfigDocument
  /** What names are looked up in from here on. */
  readonly env: Environment
}

/**
 * Takes `environment_variables` out of a configuration and puts them over the environment, for this
 * configuration alone: the process, and so whatever it starts, never sees them.
 *
 * @throws GatewayError `config_invalid` when it holds anything but names and plain values
 */
export function withVariables(
  document: ConfigDocument,
  env: Environment,
  warnings: string[],
): WithVariables {
  const { [SECTION]: said, ...values } = document.values
  const rest = rewritten(document, values, [])
  if (said === undefined || said === null) return { document: rest, env }
  if (!isObject(said))
    throw invalid(`${document.placeOf([SECTION])} ${SECTION} must hold variables`)
  const place = (path: readonly (string | number)[]): string => document.placeOf([SECTION, ...path])
  const resolved = interpolate(said, env, place, (path, name) => {
    warnings.push(`${place(path)} ${SECTION}.${path.join('.')} is left out: ${name} is not set`)
    return true
  })
  const variables = Object.entries(resolved)
    .filter(([, value]) => value !== null)
    .map(([name, value]) => {
      if (typeof value === 'object') {
        throw invalid(`${place([name])} ${SECTION}.${name} must be text`)
      }
      return [name, String(value)]
    })
  return { document: rest, env: { ...env, ...Object.fromEntries(variables) } }
}
