import assert from 'node:assert/strict'
import { mkdirSync, mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { test, type TestContext } from 'node:test'
import { openStateFile } from '../../src/shared/index.ts'

function path(t: TestContext): string {
  const dir = mkdtempSync(join(tmpdir(), 'sluice-state-'))
  t.after(() => rmSync(dir, { recursive: true }))
  return join(dir, 'deep', 'state.json')
}

test('what a plugin keeps is there after a restart, and only for that plugin', async (t) => {
  const file = path(t)
  const before = await openStateFile(file)
  await before.memoryFor('one').set('key', { a: [1, null] })
  const after = await openStateFile(file)
  assert.deepEqual(after.memoryFor('one').get('key'), { a: [1, null] })
  assert.equal(after.memoryFor('two').get('key'), undefined)
})

test('the file can be read by people and by nobody else on the machine', async (t) => {
  const file = path(t)
  await (await openStateFile(file)).memoryFor('p').set('k', 1)
  assert.match(readFileSync(file, 'utf8'), /\n {2}"memory"/)
  assert.equal(statSync(file).mode & 0o077, 0)
})

test('a gateway has an id that outlives restarts, and no other has it', async (t) => {
  const file = path(t)
  const id = await (await openStateFile(file)).gatewayId()
  assert.match(id, /^[0-9a-f-]{36}$/)
  assert.equal(await (await openStateFile(file)).gatewayId(), id)
  assert.notEqual(await (await openStateFile(null)).gatewayId(), id)
})

test('names that objects have anyway are ordinary keys', async (t) => {
  const memory = (await openStateFile(path(t))).memoryFor('__proto__')
  assert.equal(memory.get('constructor'), undefined)
  await memory.set('constructor', 'x')
  assert.equal(memory.get('constructor'), 'x')
  assert.equal(({} as Record<string, unknown>)['constructor'], Object)
})

test('writes at the same time all arrive', async (t) => {
  const file = path(t)
  const memory = (await openStateFile(file)).memoryFor('p')
  await Promise.all(Array.from({ length: 50 }, (_, i) => memory.set(`k${i}`, i)))
  const read = (await openStateFile(file)).memoryFor('p')
  for (let i = 0; i < 50; i += 1) assert.equal(read.get(`k${i}`), i)
})

for (const text of [
  '5',
  '"x"',
  '[]',
  '{"memory":5}',
  '{"workers":{}}',
  '{"weight_version":[1]}',
  '{"gateway_id":1}',
]) {
  test(`a file that holds ${text} is reported, not replaced`, async (t) => {
    const file = path(t)
    await (await openStateFile(file)).setWeightVersion(1)
    writeFileSync(file, text)
    await assert.rejects(openStateFile(file), { code: 'config_invalid', message: /state file/ })
    assert.equal(readFileSync(file, 'utf8'), text)
  })
}

test('a damaged file is reported, not replaced', async (t) => {
  const file = path(t)
  await (await openStateFile(file)).memoryFor('p').set('k', 1)
  writeFileSync(file, '{"memory"')
  await assert.rejects(openStateFile(file))
  assert.equal(readFileSync(file, 'utf8'), '{"memory"')
})

test('a weight version that cannot be written is not there, not even after a later write', async (t) => {
  const file = path(t)
  const state = await openStateFile(file)
  await state.setWeightVersion(1)
  // Where the file is written before it is renamed.
  const temporary = join(file, '..', '.state.json.tmp')
  mkdirSync(temporary)
  await assert.rejects(state.setWeightVersion(2))
  assert.equal(state.weightVersion, 1)
  rmSync(temporary, { recursive: true })
  await state.memoryFor('p').set('k', 1)
  assert.equal((await openStateFile(file)).weightVersion, 1)
  await state.setWeightVersion('three')
  assert.equal((await openStateFile(file)).weightVersion, 'three')
})

test('without a path the state is kept in memory', async () => {
  const state = await openStateFile(null)
  await state.setWeightVersion(3)
  await state.memoryFor('p').set('k', 1)
  assert.equal(state.weightVersion, 3)
  assert.equal((await openStateFile(null)).weightVersion, null)
})
