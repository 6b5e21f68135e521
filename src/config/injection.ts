import { DEFAULT_PLUGINS } from './default-plugins.ts'
import type { Flags } from './overrides.ts'
import { invalid, type ConfigDocument, type Values } from './document.ts'

const PLUGIN = 'parameter-injection'

/** What the plugin does where nobody set anything. */
const DEFAULTS = { logprobs: 'auto', tokenIds: 'auto', strip: 'added' } as const

/**
 * A setting of the plugin `parameter-injection` that is asked for by a key or flag of its own, as rLLM
 * and the old launcher have them.
 */
export interface Wish {
  readonly setting: keyof typeof DEFAULTS
  readonly value: string
  /** Where it is asked for, as an error names it. */
  readonly where: string
  /**
   * `implied`: gives way to what the plugin entry says. `written`: must not contradict it. `flag`: goes
   * before it.
   */
  readonly force: 'implied' | 'written' | 'flag'
}

/** The wishes of the command line. */
export function wishesOfFlags(flags: Flags): readonly Wish[] {
  const wish = (setting: Wish['setting'], value: string, where: string): Wish => ({
    setting,
    value,
    where,
    force: 'flag',
  })
  return [
    ...(flags.add_logprobs ? [wish('logprobs', 'on', '--add-logprobs')] : []),
    ...(flags.add_return_token_ids ? [wish('tokenIds', 'auto', '--add-return-token-ids')] : []),
  ]
}

/**
 * The configuration with the wishes in the settings of its `parameter-injection` entries.
 *
 * @throws GatewayError `config_invalid` when the list has no such entry and a wish differs from what the
 * plugin does by default, or when an entry says otherwise
 */
export function grant(wishes: readonly Wish[], document: ConfigDocument): Values {
  const plugins = document.values['plugins'] ?? DEFAULT_PLUGINS
  const isList = Array.isArray(plugins)
  // Anything else is told by the check of the schema.
  if (wishes.length === 0 || (!isList && plugins !== 'auto')) return document.values
  const entries: readonly unknown[] = isList ? plugins : []
  if (!entries.some(isInjection)) {
    const lost = wishes.find((wish) => wish.force !== 'implied' && !isDefault(wish))
    if (lost) {
      throw invalid(`${lost.where} needs the plugin ${PLUGIN} to stand in the list \`plugins\``)
    }
    return document.values
  }
  const granted = entries.map((entry, index) => {
    if (!isInjection(entry)) return entry
    const { config, ...rest } = typeof entry === 'string' ? { use: entry, config: {} } : entry
    const settings = wishes.reduce(
      (before, wish) => withWish(before, wish, document.placeOf(['plugins', index])),
      config ?? {},
    )
    return Object.keys(settings).length > 0 ? { ...rest, config: settings } : entry
  })
  return { ...document.values, plugins: granted }
}

function withWish(settings: Values, wish: Wish, place: string): Values {
  const { setting, value, where, force } = wish
  const said = settings[setting]
  if (said === undefined) return isDefault(wish) ? settings : { ...settings, [setting]: value }
  if (force === 'implied' || agrees(said, wish)) return settings
  if (force === 'flag') return { ...settings, [setting]: value }
  throw invalid(
    `${where} contradicts \`${setting}: ${JSON.stringify(said)}\` of ${PLUGIN} (${place}); keep one`,
  )
}

/** To ask by default is not against asking more, and `on` is met by `required`. */
function agrees(said: unknown, { setting, value }: Wish): boolean {
  if (said === value) return true
  if (setting === 'strip') return false
  return value === 'auto' ? said !== 'off' : value === 'on' && said === 'required'
}

function isDefault({ setting, value }: Wish): boolean {
  return DEFAULTS[setting] === value
}

function isInjection(entry: unknown): entry is string | { use: string; config?: Values } {
  if (typeof entry === 'string') return entry === PLUGIN
  return typeof entry === 'object' && entry !== null && 'use' in entry && entry.use === PLUGIN
}
