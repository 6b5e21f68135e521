import { readFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'

// By the package's own name: sources and built files lie at different depths below package.json.
const manifest: unknown = JSON.parse(
  readFileSync(fileURLToPath(import.meta.resolve('sluice/package.json')), 'utf8'),
)

/** The version in package.json. */
export const VERSION = String((manifest as { version: unknown }).version)
