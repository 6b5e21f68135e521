import { isObject } from '../../plugin/index.ts'
import { faultOf, inside, object, text, type Said } from './values.ts'

/** LiteLLM's list of `{model: [models]}` as one object. Of two for one model the first counts. */
export function fallbacks(said: Said): Readonly<Record<string, readonly string[]>> {
  const { value } = said
  if (!Array.isArray(value)) throw faultOf(said, 'must be a list of {model: [models]}')
  const found = new Map<string, readonly string[]>()
  for (const [index, entry] of value.entries()) {
    const one = inside(said, index, entry)
    for (const [model, others] of Object.entries(object(one))) {
      const list = models(inside(one, model, others))
      if (found.has(model)) said.target.warn(one.path, `is the second for "${model}": not used`)
      else found.set(model, list)
    }
  }
  return Object.fromEntries(found)
}

/** Names of models; LiteLLM also takes parameters in place of a name. */
export function models(said: Said): readonly string[] {
  const list: readonly unknown[] = Array.isArray(said.value) ? said.value : [said.value]
  return list.map((entry, index) => {
    const one = inside(said, index, entry)
    if (!isObject(entry)) return text(one)
    if (Object.keys(entry).length > 1) {
      said.target.warn(one.path, 'is read as its model alone')
    }
    return text(inside(one, 'model', entry['model']))
  })
}

/** Sets each alias; a later one of the same name takes its place. */
export function readAliases(said: Said): void {
  for (const [alias, meant] of Object.entries(object(said))) {
    const one = inside(said, alias, meant)
    said.target.put(['routing', 'model_aliases', alias], aliasOf(one), one.path)
  }
}

function aliasOf(said: Said): unknown {
  const { value } = said
  if (!isObject(value)) return text(said)
  const model = text(inside(said, 'model', value['model']))
  return value['hidden'] === true ? { model, hidden: true } : model
}
