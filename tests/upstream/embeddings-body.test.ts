import assert from 'node:assert/strict'
import { test } from 'node:test'
import { withoutNullFormat } from '../../src/upstream/embeddings-body.ts'
import { single, startUpstream } from '../support/scripted-upstream.ts'
import { textOf, upstreamAt } from './setup.ts'

for (const [path, body, want] of [
  ['/v1/embeddings', '{"input": "a", "encoding_format": null, "x":1.0}', '{"input": "a", "x":1.0}'],
  ['/embeddings?a', '{"encoding_format":null}', '{}'],
  ['/v1/embeddings', '{"input": "a", "encoding_format" : "float"}', null],
  ['/v1/embeddings', '{"input": "\\"encoding_format\\": null"}', null],
  ['/v1/embeddings', '{"input": {"encoding_format": null}}', null],
  ['/v1/chat/completions', '{"encoding_format": null}', null],
  ['/v1/embeddings', 'no json "encoding_format"', null],
] as const) {
  test(`${path} with ${body} is sent as ${want ?? 'it is'}`, () => {
    const outgoing = { method: 'POST', path, headers: {}, body: Buffer.from(body) }
    const sent = withoutNullFormat(outgoing)
    if (want === null) assert.equal(sent, outgoing)
    assert.equal(String(sent.body), want ?? body)
  })
}

test('no upstream is sent an encoding format of null', async (t) => {
  const server = await startUpstream(t)
  server.play(single('{}'))
  const upstream = upstreamAt(server.url)
  t.after(() => upstream.close())
  const body = Buffer.from('{"input":"a","encoding_format":null}')
  const outgoing = { method: 'POST', path: '/v1/embeddings', headers: {}, body }
  await textOf(await upstream.send(outgoing, new AbortController().signal))
  assert.equal(String(server.seen[0]?.body), '{"input":"a"}')
})
