/**
 * vLLM prints floats in two ways: bodies through Python's json (exponents from 1e-5 down, two
 * digits), stream chunks through serde (exponents from 1e-6 down, not padded). A gateway that
 * prints a number anew is caught only by a simulator that does the same.
 */
export type FloatFormat = (value: number) => string

/** How Python's `repr` and `json.dumps` print a float: `0.0`, `-7.152557373046875e-07`. */
export const pythonFloat: FloatFormat = (value) => {
  if (Number.isInteger(value)) return whole(value)
  if (Math.abs(value) >= 1e-4) return String(value)
  const [mantissa = '', exponent = ''] = value.toExponential().split('e-')
  return `${mantissa}e-${exponent.padStart(2, '0')}`
}

/** How pydantic's `model_dump_json` prints a float: `0.0`, `-7.152557373046875e-7`. */
export const serdeFloat: FloatFormat = (value) => {
  if (Number.isInteger(value)) return whole(value)
  return Math.abs(value) >= 1e-5 ? String(value) : value.toExponential()
}

const whole = (value: number): string => `${Object.is(value, -0) ? '-0' : value}.0`
