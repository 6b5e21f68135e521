import { Type, type TInteger, type TOptional } from 'typebox'

/** A whole number. Every key has a default and a description, for the reference file and for editors. */
export const number = (value: number, description: string, minimum = 0): TInteger =>
  Type.Integer({ default: value, description, minimum })

/** A whole number that is not there unless it is given. */
export const optionalNumber = (description: string, minimum = 0): TOptional<TInteger> =>
  Type.Optional(Type.Integer({ description, minimum }))

export const strict = { additionalProperties: false }
