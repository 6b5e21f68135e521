import { styleText } from 'node:util'
import type { Io } from './io.ts'

export type Style = 'bold' | 'dim' | 'red' | 'green' | 'yellow' | 'cyan'

/** Colours text for this terminal, or leaves it as it is. */
export type Paint = (style: Style, text: string) => string

export function painter(io: Io): Paint {
  if (!io.color) return (_style, text) => text
  return (style, text) => styleText(style, text, { validateStream: false })
}
