import { Table } from 'console-table-printer'
import type { Io } from './io.ts'
import { painter } from './paint.ts'

export interface Column {
  readonly title: string
  readonly align?: 'left' | 'right'
  /** Columns it takes at least, to keep tables that are printed in parts aligned. */
  readonly width?: number
}

const NO_LINE = { left: '', mid: '', right: '', other: '' }
const STYLE = { headerTop: NO_LINE, headerBottom: NO_LINE, tableBottom: NO_LINE, vertical: '' }

/** Rows as aligned columns, two spaces apart, under dim titles. No borders. */
export function renderTable(
  columns: readonly Column[],
  rows: readonly (readonly string[])[],
  io: Io,
  header = true,
): string[] {
  const dim = painter(io)
  const table = new Table({
    style: STYLE,
    shouldDisableColors: true,
    columns: columns.map(({ title, align = 'left', width }, index) => ({
      name: String(index),
      title: dim('dim', title),
      alignment: align,
      ...(width === undefined ? {} : { minLen: width }),
    })),
  })
  for (const row of rows) {
    table.addRow(Object.fromEntries(row.map((cell, index) => [String(index), cell])))
  }
  // Its borders are empty lines here, and every line begins with the gap of the first column.
  const lines = table
    .render()
    .split('\n')
    .filter((line) => line.trim() !== '')
    .map((line) => line.slice(1).trimEnd())
  return header ? lines : lines.slice(1)
}
