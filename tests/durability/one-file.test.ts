import assert from 'node:assert/strict'
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { join } from 'node:path'
import { text } from 'node:stream/consumers'
import { test } from 'node:test'
import { fileURLToPath } from 'node:url'
import { chat, completion } from '../support/events.ts'
import { startGateway } from '../support/gateway.ts'
import { post } from '../support/raw-client.ts'
import { single, startUpstream } from '../support/scripted-upstream.ts'

const MAIN = fileURLToPath(new URL('../../src/cli/main.ts', import.meta.url))

test('a second gateway on the same file is turned away, until the first one is dead', async (t) => {
  const upstream = await startUpstream(t)
  upstream.play(single(completion('an answer')))
  const config = { upstreams: [{ url: upstream.url, kind: 'generic', name: 'scripted' }] }
  const first = await startGateway(t, { config })
  const call = async (url: string): Promise<number> =>
    (await post(`${url}/sessions/s/v1/chat/completions`, chat(false))).status
  assert.equal(await call(first.url), 200)

  const second = await serve(join(first.dir, 'gateway.yaml'))
  assert.equal(second.code, 1)
  assert.equal(second.stdout, '')
  const lines = second.stderr.trimEnd().split('\n')
  assert.equal(lines.length, 1, second.stderr)
  assert.match(lines[0] ?? '', /^sluice: .*traces\.db.*another gateway/)
  assert.match(lines[0] ?? '', new RegExp(`process ${first.child.pid}\\b`))
  assert.equal(await call(first.url), 200, 'the first one is none the worse for it')

  await first.kill()
  const heir = await startGateway(t, { config, dir: first.dir })
  assert.equal(await call(heir.url), 200)
  const traces = (await heir.json('/sessions/s/traces')) as { seq: number }[]
  assert.deepEqual(
    traces.map(({ seq }) => seq),
    [1, 2, 3],
  )
})

test('of many gateways that start at once over a dead one, exactly one gets the file', async (t) => {
  const dead = await startGateway(t)
  await dead.kill()
  const args = ['--conditions=sluice-source', MAIN, 'serve', '--quiet', '--config']
  const children = Array.from({ length: 4 }, () =>
    spawn(process.execPath, [...args, join(dead.dir, 'gateway.yaml')], {
      stdio: ['ignore', 'pipe', 'pipe'],
    }),
  )
  t.after(() => children.map((child) => child.kill('SIGKILL')))
  const fates = await Promise.all(
    children.map((child) =>
      Promise.race([
        once(child.stdout, 'data').then(() => 'serves'),
        once(child, 'exit').then(([code]) => `exit ${String(code)}`),
      ]),
    ),
  )
  assert.deepEqual(fates.toSorted(), ['exit 1', 'exit 1', 'exit 1', 'serves'])
})

/** Runs a gateway that is expected to end by itself; one that serves is ended. */
async function serve(file: string) {
  const args = ['--conditions=sluice-source', MAIN, 'serve', '--quiet', '--config', file]
  const child = spawn(process.execPath, args, {
    env: { ...process.env, NO_COLOR: '1' },
    stdio: ['ignore', 'pipe', 'pipe'],
  })
  child.stdout.once('data', () => child.kill('SIGKILL'))
  const [stdout, stderr] = await Promise.all([
    text(child.stdout),
    text(child.stderr),
    once(child, 'close'),
  ])
  return { code: child.exitCode, stdout, stderr }
}
