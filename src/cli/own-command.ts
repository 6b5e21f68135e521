import { isAbsolute, relative } from 'node:path'
import { fileURLToPath } from 'node:url'
import { widthOf } from './text.ts'

const INDENT = 4

/**
 * How this program is called from a folder: through the npm script of a clone, which has nothing built,
 * or as an installed package. In parts for {@link commandLines}.
 */
export function ownCommand(cwd: string = process.cwd()): readonly string[] {
  if (!import.meta.url.endsWith('.ts')) return ['npx sluice']
  const clone = fileURLToPath(new URL('../..', import.meta.url)).replace(/[/\\]$/, '')
  const path = relative(clone, cwd)
  const isInside = path.split(/[/\\]/)[0] !== '..' && !isAbsolute(path)
  // npm looks for the script in the folders above, and finds another package's or none.
  return isInside ? ['npm run -s sluice --'] : [`npm run -s --prefix ${quoted(clone)}`, 'sluice --']
}

/** A command for a shell, indented, and continued on further lines where it is wider than the terminal. */
export function commandLines(parts: readonly string[], columns: number): string[] {
  const lines: string[] = []
  for (const part of parts) {
    const last = lines.at(-1)
    // The space and the backslash of a line that goes on.
    const fits = last !== undefined && widthOf(`${last} ${part} \\`) <= columns
    if (fits) lines[lines.length - 1] = `${last} ${part}`
    else lines.push(`${' '.repeat(lines.length === 0 ? INDENT : INDENT + 2)}${part}`)
  }
  return lines.map((line, index) => (index < lines.length - 1 ? `${line} \\` : line))
}

function quoted(path: string): string {
  return /^[\w./-]+$/.test(path) ? path : `'${path.replaceAll("'", String.raw`'\''`)}'`
}
