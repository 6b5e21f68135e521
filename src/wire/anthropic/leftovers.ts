import { isObject, type Json, type JsonObject } from '../../plugin/index.ts'

/** What a message holds besides text, thoughts as text and tool calls. */
export interface Leftovers {
  /** Takes note of a whole content block. */
  see(block: JsonObject): void
  /** The `provider_specific_fields` of the message; nothing when there is nothing to say. */
  fields(): { readonly provider_specific_fields?: JsonObject }
}

/**
 * Collects what has no place in OpenAI's message: thoughts with their signatures, which must be given back
 * word for word, citations, and the blocks of tools that run at Anthropic.
 */
export function createLeftovers(): Leftovers {
  const thoughts: JsonObject[] = []
  const citations: Json[] = []
  const blocks: JsonObject[] = []
  return {
    see(block) {
      switch (block['type']) {
        case 'thinking':
        case 'redacted_thinking':
          thoughts.push(block)
          break
        case 'text':
          if (Array.isArray(block['citations'])) citations.push(...block['citations'])
          break
        case 'tool_use':
          break
        default:
          blocks.push(block)
      }
    },
    fields() {
      const fields: JsonObject = {
        ...(thoughts.length > 0 && { thinking_blocks: thoughts }),
        ...(citations.length > 0 && { citations }),
        ...(blocks.length > 0 && { content_blocks: blocks }),
      }
      return Object.keys(fields).length === 0 ? {} : { provider_specific_fields: fields }
    },
  }
}

/** The objects of a list. */
export function objectsOf(list: Json | undefined): readonly JsonObject[] {
  return Array.isArray(list) ? (list as readonly Json[]).filter(isObject) : []
}
