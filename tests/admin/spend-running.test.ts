import assert from 'node:assert/strict'
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import { test } from 'node:test'
import { hashOf } from '../../src/ledger/index.ts'
import { chat, completion } from '../support/events.ts'
import { startGateway } from '../support/gateway.ts'
import { post } from '../support/raw-client.ts'
import { codeBlocks, ROOT } from '../support/readme.ts'
import { createScope } from '../support/scope.ts'
import { single, startUpstream } from '../support/scripted-upstream.ts'

const MASTER = 'sk-the-master'
const MASTER_SAYS = { authorization: `Bearer ${MASTER}`, 'content-type': 'application/json' }
const PRICE = { input_per_token: 0.25, output_per_token: 0.5 }

test('a call is in the books as soon as it is answered, over HTTP and in the views', async (t) => {
  const scope = createScope()
  t.after(() => scope.close())
  const upstream = await startUpstream(scope)
  upstream.play(single(completion('hi')), single(completion('hi')))
  const upstreams = [{ name: 'gpu', url: upstream.url, kind: 'vllm', price: PRICE }]
  const gateway = await startGateway(scope, {
    config: { upstreams, keys: { master_key: '${MASTER}' } },
    env: { MASTER },
  })
  const made = (await gateway.json('/key/generate', {
    method: 'POST',
    headers: MASTER_SAYS,
    body: JSON.stringify({ key_alias: 'ann’s', user_id: 'ann' }),
  })) as { key: string }
  const hash = hashOf(made.key)
  const url = `${gateway.url}/sessions/s/v1/chat/completions`
  const body = chat(false, { user: 'customer', metadata: { tags: ['night'] } })
  for (const key of [made.key, MASTER]) {
    assert.equal((await post(url, body, { authorization: `Bearer ${key}` })).status, 200)
  }
  const get = (path: string): Promise<unknown> => gateway.json(path, { headers: MASTER_SAYS })

  const [row] = (await get(`/spend/logs?api_key=${made.key}`)) as Record<string, unknown>[]
  assert.equal(row?.['spend'], 0.75)
  assert.deepEqual([row['api_key'], row['user'], row['end_user']], [hash, 'ann', 'customer'])
  assert.deepEqual([row['prompt_tokens'], row['completion_tokens']], [1, 1])
  assert.deepEqual([row['model'], row['model_group'], row['model_id']], ['m', 'm', 'gpu'])
  assert.deepEqual([row['custom_llm_provider'], row['session_id']], ['hosted_vllm', 's'])
  assert.deepEqual(row['request_tags'], ['night'])
  assert.deepEqual(await get(`/spend/logs?request_id=${String(row['request_id'])}`), [row])
  assert.deepEqual(await get('/global/spend'), { spend: 1.5, max_budget: 0 })
  const [{ key_name, ...key } = {}] = (await get('/global/spend/keys')) as Record<string, unknown>[]
  assert.deepEqual(key, { api_key: hash, key_alias: 'ann’s', total_spend: 0.75 })
  assert.match(String(key_name), /^sk-\.\.\./)
  const [spent] = (await get('/spend/keys')) as Record<string, unknown>[]
  assert.deepEqual([spent?.['token'], spent?.['spend']], [hash, 0.75])
  const asNobody = await fetch(`${gateway.url}/spend/logs`)
  assert.equal(asNobody.status, 401)

  const db = new DatabaseSync(join(gateway.dir, 'traces.db'), { readOnly: true })
  const [byModel, byDay] = documented().map((sql) =>
    db
      .prepare(sql)
      .all()
      .map((found) => ({ ...found })),
  )
  db.close()
  assert.deepEqual(byModel, [{ model: 'm', requests: 2, total_cost: 1.5 }])
  assert.deepEqual(
    byDay?.map(({ alias, dollars, tokens }) => [alias, dollars, tokens]),
    [
      [null, 0.75, 2],
      ['ann’s', 0.75, 2],
    ],
  )
  const files = ['traces.db', 'traces.db-wal'].map((file) => join(gateway.dir, file))
  for (const key of [MASTER, made.key]) {
    assert.ok(files.every((file) => !readFileSync(file, 'latin1').includes(key)))
  }
})

/** The queries of docs/operations.md. */
function documented(): string[] {
  const blocks = codeBlocks(readFileSync(join(ROOT, 'docs/operations.md'), 'utf8'))
  const queries = blocks.filter(({ language }) => language === 'sql').map(({ text }) => text)
  assert.equal(queries.length, 2)
  return queries
}
