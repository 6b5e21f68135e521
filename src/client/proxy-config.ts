import { rmSync } from 'node:fs'
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { parse } from 'yaml'
import { isObject, type JsonObject } from '../plugin/json.ts'

/** A configuration as an object, as YAML text, or as the path of a file (text without line or colon). */
export type GatewayConfig = JsonObject | string

/** The path, where a configuration is one. A drive letter has a colon, too, but no space after it. */
export function configPath(config: GatewayConfig): string | null {
  return typeof config === 'string' && !/\n|:\s|:$|^\s*\{/.test(config) ? config : null
}

/**
 * The text of a configuration with the token in it.
 *
 * @throws {TypeError} for YAML that holds no keys. @throws {YAMLParseError} with line and column.
 */
export function configText(config: GatewayConfig, adminToken: string): string {
  const values: unknown = typeof config === 'string' ? (parse(config) ?? {}) : config
  if (!isObject(values)) throw new TypeError('the configuration holds no keys and values')
  // JSON is YAML.
  return `${JSON.stringify({ ...values, admin_token: adminToken }, null, 2)}\n`
}

/** A file that only this user can read, in a folder of its own. It does not outlive this process. */
export interface SecretFile {
  readonly path: string
  write(text: string): Promise<void>
  remove(): Promise<void>
}

export async function createSecretFile(name: string, text: string): Promise<SecretFile> {
  const folder = await mkdtemp(join(tmpdir(), 'sluice-'))
  const path = join(folder, name)
  const write = async (content: string): Promise<void> => writeFile(path, content, { mode: 0o600 })
  const removal = { recursive: true, force: true }
  const removeAtExit = (): void => rmSync(folder, removal)
  process.once('exit', removeAtExit)
  await write(text)
  return {
    path,
    write,
    async remove() {
      process.off('exit', removeAtExit)
      await rm(folder, removal)
    },
  }
}
