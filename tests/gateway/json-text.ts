import fc from 'fast-check'

/**
 * JSON objects as text, written in every way that JSON allows: odd spacing, numbers beyond a double,
 * escapes that need not be, repeated keys. Keys begin with `k`, so that none routes the call.
 */
export function objectText(): fc.Arbitrary<string> {
  return fc
    .tuple(space, fc.array(fc.tuple(key, value), { maxLength: 6 }), space, space)
    .map(([before, members, inside, behind]) => {
      const all = [[`"model"`, '"MODEL"'], ...members].map(
        ([k, v]) => `${inside}${k}${inside}:${v}`,
      )
      return `${before}{${all.join(',')}${inside}}${behind}`
    })
}

const space = fc.string({ unit: fc.constantFrom(' ', '\n', '\r', '\t'), maxLength: 3 })

const number = fc.oneof(
  fc.constantFrom('0', '-0', '-0.0', '1e400', '-1E+9', '0.10', '5e-324', '1.0', '1E0'),
  fc.bigInt().map(String),
  fc.double({ noNaN: true, noDefaultInfinity: true }).map((n) => JSON.stringify(n)),
)

const character = fc.oneof(
  { weight: 4, arbitrary: fc.string({ unit: 'grapheme', maxLength: 4 }).map(inner) },
  fc.constantFrom(String.raw`\ud800`, String.raw`\uDFFF`, String.raw`\u0000`, String.raw`\/`),
  fc.constantFrom(String.raw`\"`, String.raw`\\`, '\u2028', '\u007f', '{', '}', '[', ',', ':'),
)

const text = fc.array(character, { maxLength: 5 }).map((parts) => `"${parts.join('')}"`)

const key = fc.oneof(
  fc.constantFrom('"k"', '"k1"', String.raw`"\u006b"`),
  text.map((quoted) => `"k${quoted.slice(1)}`),
)

const { value } = fc.letrec<{ value: string }>((tie) => ({
  value: fc.oneof(
    { maxDepth: 4, withCrossShrink: true },
    fc.constantFrom('null', 'true', 'false'),
    number,
    text,
    fc
      .tuple(space, fc.array(tie('value'), { maxLength: 4 }))
      .map(([gap, items]) => `[${gap}${items.join(`${gap},`)}${gap}]`),
    fc
      .tuple(space, fc.array(fc.tuple(key, tie('value')), { maxLength: 4 }))
      .map(([gap, items]) => `{${gap}${items.map(([k, v]) => `${k}${gap}:${v}`).join(',')}}`),
  ),
}))

/** What stands between the quotes of a text written plainly. */
function inner(plain: string): string {
  return JSON.stringify(plain).slice(1, -1)
}
