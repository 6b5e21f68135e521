import assert from 'node:assert/strict'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { TestContext } from 'node:test'
import { loadConfig, readConfig, type Config, type LoadOptions } from '../../src/config/index.ts'

/** A file `gateway.yaml` with this text, gone when the test ends. */
export function written(t: TestContext, text: string): string {
  const dir = mkdtempSync(join(tmpdir(), 'sluice-config-'))
  t.after(() => rmSync(dir, { recursive: true }))
  const path = join(dir, 'gateway.yaml')
  writeFileSync(path, text)
  return path
}

/** The configuration that a file with this text gives. */
export function loaded(t: TestContext, text: string, options: LoadOptions = {}): Config {
  return loadConfig({ file: written(t, text), env: {}, ...options })
}

/** What a file with this text is warned about, from the file's name on. */
export function warningsOf(t: TestContext, text: string): readonly string[] {
  const { warnings } = readConfig({ file: written(t, text), env: {} })
  return warnings.map((line) => line.slice(line.indexOf('gateway.yaml')))
}

/** The message with which a file of this text is refused, from the file's name on where it has it. */
export function fault(t: TestContext, text: string, options: LoadOptions = {}): string {
  try {
    loaded(t, text, options)
  } catch (thrown) {
    const { message } = thrown as Error
    return message.replaceAll(/[^\s(]*\/(?=gateway\.yaml)/g, '')
  }
  return assert.fail('the file was accepted')
}
