import type { Json } from 'sluice/plugin'

/** What vLLM writes in place of a token's text when it was asked for `return_tokens_as_token_ids`. */
const PLACEHOLDER = /^token_id:(\d{1,10})$/

/** A token id: an integer from 0 to 2^31 - 1. */
export function isTokenId(value: unknown): value is number {
  return typeof value === 'number' && (value | 0) === value && value >= 0
}

/** Copies ids to the end of `target`; false when one of them is not a token id. */
export function appendIds(target: number[], ids: readonly Json[]): boolean {
  for (const id of ids) {
    if (!isTokenId(id)) return false
    target.push(id)
  }
  return true
}

/** The ids when every one is a token id, else null. */
export function tokenIds(value: readonly Json[]): readonly number[] | null {
  return value.every(isTokenId) ? value : null
}

/** The id a placeholder stands for; null when the text is not one, or its number is not a token id. */
export function placeholderId(token: string | null): number | null {
  const digits = token?.startsWith('token_id:') ? PLACEHOLDER.exec(token)?.[1] : undefined
  const id = Number(digits)
  return isTokenId(id) ? id : null
}

export function sameIds(a: readonly number[], b: readonly number[]): boolean {
  if (a === b) return true
  if (a.length !== b.length) return false
  for (let i = 0; i < a.length; i += 1) if (a[i] !== b[i]) return false
  return true
}
