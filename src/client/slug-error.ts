/**
 * What can be wrong with a slug. `version`: made by a newer client. `not_json`: only when encoding, a
 * value that JSON has no form for.
 */
export type SlugDefect =
  | 'prefix'
  | 'version'
  | 'empty'
  | 'too_large'
  | 'base64'
  | 'utf8'
  | 'json'
  | 'not_object'
  | 'not_json'
  | 'too_deep'
  | 'forbidden_key'

/** A slug that cannot be read, or metadata that cannot become one. The message names the defect. */
export class SlugError extends Error {
  readonly defect: SlugDefect

  constructor(defect: SlugDefect, detail: string, options?: ErrorOptions) {
    super(`${defect}: ${detail}`, options)
    this.name = 'SlugError'
    this.defect = defect
  }
}
