import { isObject, type Chunk, type Json, type JsonObject } from 'sluice/plugin'
import { emptyChoiceFold, foldChoice, joinChoice, type ChoiceFold } from './choice.ts'
import { unexpected, type FoldedReply, type ReplyFold } from './reply-fold.ts'

/** Folds chat, completions and embeddings replies, streamed or single. */
export function openAiReply(): ReplyFold {
  const choices = new Map<number, ChoiceFold>()
  const extra = new Map<string, Json>()
  const warnings = new Set<string>()
  let model: string | null = null
  let usage: JsonObject | null = null

  function observe(chunk: Chunk): void {
    const { outline: data } = chunk
    if (chunk.event === 'error') {
      if (data !== undefined) extra.set('error', data)
      return
    }
    if (!isObject(data)) return unexpected(warnings, 'reply')
    for (const key in data) {
      const value = data[key]
      // Null says nothing, also after a value: OpenAI sends `usage: null` on every chunk but one.
      if (value === null || value === undefined) continue
      switch (key) {
        case 'choices':
          foldChoices(value)
          break
        case 'usage':
          if (isObject(value)) usage = value
          else unexpected(warnings, 'usage')
          break
        case 'model':
          if (typeof value !== 'string') unexpected(warnings, 'model')
          else if (value !== '') model = value
          break
        case 'sglext':
          keepSglext(value)
          break
        case 'object':
        case 'created':
        case 'obfuscation':
        case 'prompt_token_ids':
        case 'weight_version':
        // The vectors of an embeddings reply: large, and in the recorded bytes.
        case 'data':
          break
        default:
          // Azure's first chunk has an empty id, which must not stand for the one that follows.
          if (value !== '') extra.set(key, value)
      }
    }
  }

  function foldChoices(list: Json): void {
    if (!Array.isArray(list)) return unexpected(warnings, 'choices')
    for (const choice of list) {
      if (!isObject(choice)) unexpected(warnings, 'choices')
      else if (!isIndex(choice['index'])) unexpected(warnings, 'choices.index')
      else foldChoice(choiceAt(choice['index']), choice, warnings)
    }
  }

  function choiceAt(index: number): ChoiceFold {
    let fold = choices.get(index)
    if (!fold) choices.set(index, (fold = emptyChoiceFold(index)))
    return fold
  }

  /** SGLang's extension without its token ids, which have fields of their own in a trace. */
  function keepSglext(value: Json): void {
    if (!isObject(value)) return unexpected(warnings, 'sglext')
    const { input_ids: _prompt, output_ids: _completion, ...rest } = value
    if (Object.keys(rest).length > 0) extra.set('sglext', rest)
  }

  function folded(): FoldedReply {
    return {
      model,
      usage,
      choices: [...choices.values()].map(joinChoice),
      extra: Object.fromEntries(extra),
      warnings,
    }
  }

  return { observe, folded }
}

function isIndex(value: unknown): value is number {
  return Number.isInteger(value) && Number(value) >= 0
}
