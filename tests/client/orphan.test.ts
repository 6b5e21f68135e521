import assert from 'node:assert/strict'
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdtempSync, rmSync } from 'node:fs'
import { connect } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import { suite, test } from 'node:test'
import { fileURLToPath } from 'node:url'

const PARENT = fileURLToPath(new URL('./orphan-parent.ts', import.meta.url))

suite('a gateway whose parent is gone', () => {
  for (const signal of ['SIGKILL', 'SIGTERM'] as const) {
    test(`by ${signal} stops by itself`, { timeout: 30_000 }, async (t) => {
      const dir = mkdtempSync(join(tmpdir(), 'sluice-test-'))
      const parent = spawn(process.execPath, ['--conditions=sluice-source', PARENT, dir], {
        stdio: ['ignore', 'pipe', 'inherit'],
      })
      t.after(() => {
        parent.kill('SIGKILL')
        rmSync(dir, { recursive: true, force: true })
      })
      const [line] = (await once(createInterface(parent.stdout), 'line')) as [string]
      // The gateway closes this connection when it stops; a kill of the parent alone would not.
      const socket = connect(Number(new URL(line).port), '127.0.0.1')
      await once(socket, 'connect')
      const closed = once(socket, 'close')
      socket.on('error', () => {})
      socket.resume()
      parent.kill(signal)
      await closed
      assert.equal(socket.destroyed, true)
    })
  }
})
