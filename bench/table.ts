/** A column: its heading, and its width with the space before it. */
export type Column = readonly [heading: string, width: number]

/** Lines of text and numbers; the first column is text, all others stand to the right. */
export function table(columns: readonly Column[], rows: readonly (readonly string[])[]): string {
  const headings = columns.map(([heading]) => heading)
  return [headings, ...rows].map((cells) => lineOf(columns, cells)).join('\n')
}

function lineOf(columns: readonly Column[], cells: readonly string[]): string {
  return columns
    .map(([, width], index) => {
      const cell = cells[index] ?? ''
      return index === 0 ? cell.padEnd(width) : cell.padStart(width)
    })
    .join('')
    .trimEnd()
}

/** How many times as much, with two decimals; a dash where there is nothing to compare. */
export function ratio(value: number | undefined, base: number | undefined): string {
  if (value === undefined || base === undefined || base <= 0) return '-'
  return (value / base).toFixed(2)
}

export function count(value: number): string {
  return Math.round(value).toLocaleString('en-US')
}
