import { stat } from 'node:fs/promises'
import type { Router } from '@koa/router'
import { asGatewayError, GatewayError } from '../errors/index.ts'
import type { JsonObject } from '../plugin/index.ts'
import { unauthorized } from './admin-token.ts'
import { readBody } from './body.ts'
import type { AdminParts, ConfigSource, Reloaded } from './parts.ts'
import { route } from './route.ts'

/**
 * Takes on a configuration while running: the file the gateway was started with, or the one in the
 * body. The latter needs a configured admin token, for a configuration can read the environment and
 * say where calls go.
 */
export function registerReload(router: Router, parts: AdminParts): void {
  route(router, '/admin/reload', {
    async POST(ctx) {
      if (parts.draining()) throw new GatewayError('shutting_down')
      const source = sourceIn(await readBody(ctx))
      const { adminToken, masterKey } = parts.settings
      if (source !== null && adminToken === null && masterKey === null) {
        throw unauthorized(
          'a configuration can be given only where the gateway has an admin token: start it with --admin-token or set admin_token in its file',
        )
      }
      if (source !== null && 'path' in source) await assertFile(source.path)
      const { models, needs_restart } = await reloaded(parts, source)
      ctx.body = source === null ? { status: 'ok' } : { status: 'reloaded', models, needs_restart }
    },
  })
}

/** Unknown fields are ignored where nothing is given, as by gateways that take no configuration. */
function sourceIn(body: JsonObject): ConfigSource | null {
  const text = textField(body, 'config_yaml')
  const path = textField(body, 'config_path')
  if (text !== undefined && path !== undefined) {
    throw new GatewayError('bad_body', {
      detail: 'it has both config_yaml and config_path',
      param: 'config_path',
    })
  }
  if (text !== undefined) return { text }
  return path === undefined ? null : { path }
}

function textField(body: JsonObject, name: string): string | undefined {
  const value = body[name] ?? undefined
  if (value === undefined || (typeof value === 'string' && value.trim() !== '')) return value
  throw new GatewayError('bad_body', { detail: `${name} is no text`, param: name })
}

async function assertFile(path: string): Promise<void> {
  const found = await stat(path).catch(() => null)
  if (!found?.isFile()) {
    throw new GatewayError('config_not_found', { detail: path, param: 'config_path' })
  }
}

/** What is wrong with a configuration is the gateway's fault at its start, and the caller's here. */
async function reloaded(parts: AdminParts, source: ConfigSource | null): Promise<Reloaded> {
  try {
    return await parts.reload(source)
  } catch (thrown) {
    const error = asGatewayError(thrown)
    if (error.code !== 'config_invalid' && error.code !== 'plugin_invalid') throw error
    // The text of a code holds no colon; what follows the first one says what and where.
    const detail = error.message.slice(error.message.indexOf(': ') + 2)
    throw new GatewayError('bad_config', { detail, cause: error })
  }
}
