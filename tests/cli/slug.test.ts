import assert from 'node:assert/strict'
import { suite, test } from 'node:test'
import { encodeMetadataSlug } from '../../src/client/index.ts'
import { run } from './run.ts'

const metadata = { session_name: 'math-0', session_uids: ['a', 'b'] }
const slug = encodeMetadataSlug(metadata)

suite('sluice slug encode', () => {
  test('makes a slug of a JSON object', async () => {
    assert.deepEqual(await run(['slug', 'encode', JSON.stringify(metadata)]), {
      out: `${slug}\n`,
      err: '',
      code: 0,
    })
  })

  test('makes a slug of keys, := holding any JSON', async () => {
    const args = ['-k', 'session_name=math-0', '-k', 'session_uids:=["a","b"]']
    assert.equal((await run(['slug', 'encode', ...args])).out, `${slug}\n`)
    const number = await run(['slug', 'encode', '-k', 'id=7', '--json'])
    assert.deepEqual(JSON.parse(number.out).metadata, { id: '7' })
    const equals = await run(['slug', 'encode', '-k', 'q=a=b:=c', '--json'])
    assert.deepEqual(JSON.parse(equals.out).metadata, { q: 'a=b:=c' })
  })

  test('puts the slug into a base URL', async () => {
    const args = ['slug', 'encode', JSON.stringify(metadata), '--base-url', 'http://h:1/v1']
    assert.equal((await run(args)).out, `http://h:1/meta/${slug}/v1\n`)
    assert.deepEqual(JSON.parse((await run([...args, '--json'])).out), {
      slug,
      url: `http://h:1/meta/${slug}/v1`,
      metadata,
    })
  })

  for (const [args, message] of [
    [[], /JSON object or as -k/],
    [['{"a":'], /not JSON/],
    [['[1]'], /not a JSON object/],
    [['{"constructor":1}'], /forbidden_key/],
    [['-k', 'novalue'], /-k novalue is not key=value/],
    [['-k', 'a:=x'], /-k a:=x holds no JSON/],
    [['-k', 'a=1', '--base-url', 'nowhere'], /--base-url nowhere is not a URL/],
  ] as const) {
    test(`explains in one line what is wrong with ${args.join(' ') || 'nothing'}`, async () => {
      const { out, err, code } = await run(['slug', 'encode', ...args])
      assert.deepEqual([out, code, err.split('\n').length], ['', 1, 2])
      assert.match(err, /^sluice: /)
      assert.match(err, message)
    })
  }
})

suite('sluice slug decode', () => {
  for (const given of [
    slug,
    slug.replace(':', '%3A'),
    `http://h:1/p/meta/${slug}/v1/models?a=1`,
    `/meta/${slug}/v1`,
  ]) {
    test(`reads ${given.replace(slug, '<slug>')}`, async () => {
      const { out } = await run(['slug', 'decode', given])
      assert.equal(out, `${JSON.stringify(metadata, null, 2)}\n`)
    })
  }

  test('prints one line of JSON when asked', async () => {
    assert.equal(
      (await run(['slug', 'decode', slug, '--json'])).out,
      `${JSON.stringify({ slug, metadata })}\n`,
    )
  })

  test('names the defect', async () => {
    const { err, code } = await run(['slug', 'decode', 'rllm2:e30'])
    assert.equal(code, 1)
    assert.match(err, /^sluice: version: /)
  })
})
