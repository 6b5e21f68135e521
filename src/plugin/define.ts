import type { Awaitable, Hooks, Setup } from './hooks.ts'
import type { Infer, ObjectSchema } from './schema.ts'

/** A plugin as its file exports it by default. */
export interface Plugin<S extends ObjectSchema = ObjectSchema> {
  /** Unique among the plugins of a gateway; named in every log line, error and trace. */
  readonly name: string
  readonly description?: string
  /** Describes the settings. Unknown keys are errors; defaults are filled in. */
  readonly config?: S
  /** Called once at start, with ten seconds to finish. */
  setup(setup: Setup<Infer<S>>): Awaitable<Hooks>
}

/** Returns its argument; exists so that editors can tell the settings' type from the schema. */
export function definePlugin<const S extends ObjectSchema>(plugin: Plugin<S>): Plugin<S> {
  return plugin
}
