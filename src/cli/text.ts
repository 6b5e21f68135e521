const segments = new Intl.Segmenter(undefined, { granularity: 'grapheme' })

// East Asian wide and fullwidth forms, and what is drawn as an emoji by itself.
const WIDE =
  /^(?:\p{Emoji_Presentation}|[\u1100-\u115f\u2e80-\ua4cf\uac00-\ud7a3\uf900-\ufaff\ufe30-\ufe6f\uff00-\uff60\uffe0-\uffe6\u{20000}-\u{3fffd}])/u

// What a terminal would obey instead of showing: control characters and marks that turn direction.
// oxlint-disable-next-line no-control-regex -- control characters are what is looked for
const UNPRINTABLE = /[\u0000-\u001f\u007f-\u009f\u200e\u200f\u2028-\u202e\u2066-\u2069]/g

/** Text of a model or a caller, made safe to show on a terminal. Line breaks are shown as `\n`. */
export function printable(text: string): string {
  return text.replace(UNPRINTABLE, (mark) => {
    if (mark === '\n') return '\\n'
    if (mark === '\t') return '\\t'
    return `\\u${mark.charCodeAt(0).toString(16).padStart(4, '0')}`
  })
}

/** Columns a text takes on a terminal. */
export function widthOf(text: string): number {
  // oxlint-disable-next-line no-control-regex -- the fast path is ASCII
  if (/^[\u0020-\u007e]*$/.test(text)) return text.length
  let width = 0
  for (const { segment } of segments.segment(text)) width += WIDE.test(segment) ? 2 : 1
  return width
}

/** The text in at most `columns` columns, cut at the end with an ellipsis where it does not fit. */
export function fit(text: string, columns: number): string {
  if (widthOf(text) <= columns) return text
  return `${takeColumns(text, columns - 1)}…`
}

/** The text in lines of at most `columns` columns, broken at spaces where there are any. */
export function wrap(text: string, columns: number): string[] {
  return text.split(/\r?\n/).flatMap((line) => wrapLine(printable(line), columns))
}

function wrapLine(line: string, columns: number): string[] {
  const lines: string[] = []
  let rest = line
  while (widthOf(rest) > columns) {
    const head = takeColumns(rest, columns)
    const space = head.lastIndexOf(' ')
    // At least one unit, or a line narrower than its first character would never end.
    const cut = space > columns / 3 ? space : Math.max(head.length, 1)
    lines.push(rest.slice(0, cut).trimEnd())
    rest = rest.slice(cut).trimStart()
  }
  return [...lines, rest.trimEnd()]
}

function takeColumns(text: string, columns: number): string {
  let width = 0
  let end = 0
  for (const { segment, index } of segments.segment(text)) {
    width += WIDE.test(segment) ? 2 : 1
    if (width > columns) break
    end = index + segment.length
  }
  return text.slice(0, end)
}
