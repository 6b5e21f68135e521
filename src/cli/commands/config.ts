import { readFileSync, writeFileSync } from 'node:fs'
import type { Command } from 'commander'
import { ConfigSchema, loadConfig, readConfig } from '../../config/index.ts'
import type { Io } from '../io.ts'
import { warn } from '../warn.ts'

/** `sluice config`: checks a configuration, shows it in full, writes the editor schema. */
export function registerConfig(program: Command, io: Io): void {
  const config = program.command('config').description('check and show configurations')

  config
    .command('check <file>')
    .description('say whether a configuration file can be used')
    .option('--json', 'say it as JSON')
    .action((file: string, { json = false }: { json?: boolean }) => {
      for (const warning of readConfig({ file }).warnings) warn(io, warning)
      io.stdout.write(json ? `${JSON.stringify({ file, valid: true })}\n` : `${file} is valid\n`)
    })

  config
    .command('show [file]')
    .description('print the whole configuration with its defaults, keys hidden')
    .action((file: string | undefined) => {
      io.stdout.write(`${JSON.stringify(loadConfig({ file }), hide, 2)}\n`)
    })

  config
    .command('schema')
    .description('print the JSON Schema of the configuration file')
    .option('--write <file>', 'write it there')
    .option('--check <file>', 'fail when the file differs from it')
    .action(({ write, check }: { write?: string; check?: string }) => {
      const schema = `${JSON.stringify(ConfigSchema, forFiles, 2)}\n`
      if (write !== undefined) return writeFileSync(write, schema)
      if (check === undefined) return void io.stdout.write(schema)
      if (readFileSync(check, 'utf8') !== schema) {
        throw new Error(`${check} is not what the code says; run npm run schema`)
      }
    })
}

/** Plugins have keys of their own, under names of their own. */
const SECRET =
  /^(?:key|token|authorization)$|(?:api_?key|secret|password|credentials?|_token|_key)$/i

/** Keys, and headers, which are another way to give one; limits have keys for their names. */
function hide(key: string, value: unknown): unknown {
  if (SECRET.test(key) && typeof value === 'string') return '[hidden]'
  if (key === 'url' && typeof value === 'string') return value.replace(/(?<=:\/\/).*@/, '[hidden]@')
  if (!isRecord(value)) return value
  if (key === 'headers') return mapped(value, (name) => [name, '[hidden]'])
  const hasLimits = key === 'limits' && Object.values(value).every(isRecord)
  return hasLimits ? mapped(value, (name, index) => [`[hidden ${index + 1}]`, value[name]]) : value
}

function mapped(
  value: Readonly<Record<string, unknown>>,
  entry: (name: string, index: number) => readonly [string, unknown],
): unknown {
  return Object.fromEntries(Object.keys(value).map(entry))
}

/** A file may leave out what has a default; an editor should not ask for it. */
function forFiles(_key: string, value: unknown): unknown {
  if (!isRecord(value) || !Array.isArray(value['required'])) return value
  const properties = isRecord(value['properties']) ? value['properties'] : {}
  const needed = (name: unknown): boolean => {
    const property = properties[String(name)]
    return !isRecord(property) || !('default' in property)
  }
  return { ...value, required: value['required'].filter(needed) }
}

function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}
