import { Ajv2020, type ValidateFunction } from 'ajv/dist/2020.js'
import { GatewayError } from '../errors/index.ts'
import type { Hooks, HookName, ObjectSchema, Plugin } from '../plugin/index.ts'
import { deepFreeze } from '../util/deep-freeze.ts'
import { nearest } from '../util/nearest.ts'
import { HOOK_NAMES, HOOKS, type HookRule } from './rules.ts'

/** Tells whether what a plugin file exports is a plugin; throws `plugin_invalid` saying what is missing. */
export function checkPlugin(exported: unknown, label: string): Plugin {
  const fault = (detail: string): GatewayError =>
    new GatewayError('plugin_invalid', { detail: `${label}: ${detail}` })
  if (typeof exported !== 'object' || exported === null) {
    throw fault('it has no default export; end the file with `export default definePlugin({ … })`')
  }
  const plugin = exported as Partial<Plugin>
  if (typeof plugin.name !== 'string' || !/^[a-z0-9][a-z0-9._-]{0,63}$/i.test(plugin.name)) {
    throw fault('its `name` must be letters, digits, dots and dashes')
  }
  if (typeof plugin.setup !== 'function')
    throw fault('it has no `setup` function that returns its hooks')
  return plugin as Plugin
}

/** Checks the hooks a plugin returned: known names, functions, and nothing else. */
export function checkHooks(returned: unknown, label: string): Hooks {
  const fault = (detail: string): GatewayError =>
    new GatewayError('plugin_invalid', { detail: `${label}: ${detail}` })
  if (typeof returned !== 'object' || returned === null)
    throw fault('setup must return an object of hooks')
  for (const [name, hook] of Object.entries(returned)) {
    if (!Object.hasOwn(HOOKS, name)) {
      const near = nearest(name, HOOK_NAMES)
      throw fault(
        `there is no hook "${name}"${near ? `; did you mean "${near}"?` : ''} (hooks: ${HOOK_NAMES.join(', ')})`,
      )
    }
    if (hook !== undefined && typeof hook !== 'function')
      throw fault(`the hook "${name}" is not a function`)
    const rule: HookRule = HOOKS[name as HookName]
    if (rule.timeoutMs === undefined && hook?.constructor.name === 'AsyncFunction') {
      throw fault(`the hook "${name}" cannot be async, for nothing waits for it`)
    }
  }
  return returned
}

/** Checks and completes a plugin's settings; unknown keys are errors, the result is frozen. */
export function checkSettings(
  plugin: Plugin,
  given: unknown,
  label: string,
): Readonly<Record<string, unknown>> {
  const schema: ObjectSchema = plugin.config ?? { type: 'object', properties: {} }
  const ajv = new Ajv2020({ useDefaults: true, allErrors: false, strict: false })
  let validate: ValidateFunction
  try {
    validate = ajv.compile({ additionalProperties: false, ...schema })
  } catch (cause) {
    throw new GatewayError('plugin_invalid', {
      detail: `${label}: its config schema is not valid: ${String(cause)}`,
      cause,
    })
  }
  const settings: Record<string, unknown> = structuredClone(given ?? {}) as Record<string, unknown>
  if (!validate(settings)) {
    const error = validate.errors?.[0]
    const key = error?.params['additionalProperty']
    const near = typeof key === 'string' ? nearest(key, Object.keys(schema.properties)) : undefined
    throw new GatewayError('plugin_invalid', {
      detail:
        `${label}: config${(error?.instancePath ?? '').replaceAll('/', '.')} ${error?.message ?? 'is not valid'}` +
        (typeof key === 'string' ? ` ("${key}"${near ? `; did you mean "${near}"?` : ''})` : '') +
        (error?.params['allowedValues']
          ? `: ${(error.params['allowedValues'] as unknown[]).join(', ')}`
          : ''),
    })
  }
  return deepFreeze(settings)
}
