import { Type, type TInteger } from 'typebox'

/** A whole number. Every key has a default and a description, for the reference file and for editors. */
export const number = (value: number, description: string, minimum = 0): TInteger =>
  Type.Integer({ default: value, description, minimum })

export const strict = { additionalProperties: false }
