import assert from 'node:assert/strict'
import { suite, test } from 'node:test'
import OpenAI from 'openai'
import { buildProxiedBaseUrl, session, trackOpenAI } from '../../src/client/index.ts'

const baseURL = 'http://h:1/v1'

/** Records where the client's requests go; they never leave. */
function recorder(): { urls: string[]; keys: (string | null)[]; fetch: typeof fetch } {
  const urls: string[] = []
  const keys: (string | null)[] = []
  return {
    urls,
    keys,
    fetch: async (input, init) => {
      urls.push(input instanceof Request ? input.url : input.toString())
      keys.push(new Headers(init?.headers).get('authorization'))
      return Response.json({ data: [], id: 'x', object: 'x' })
    },
  }
}

const urlOf = (own: { uid: string; sessionName: string }, base = baseURL): string =>
  buildProxiedBaseUrl(base, { session_name: own.sessionName, session_uids: [own.uid] })

suite('a tracked client', () => {
  test('makes one client per session, not one per call', async () => {
    let made = 0
    class Counted extends OpenAI {
      constructor(...args: ConstructorParameters<typeof OpenAI>) {
        super(...args)
        made += 1
      }
    }
    const { fetch, urls } = recorder()
    const openai = trackOpenAI(new Counted({ baseURL, apiKey: 'k', fetch }))
    assert.ok(openai instanceof Counted)
    await session(async () => {
      for (let turn = 0; turn < 5; turn += 1) await openai.models.retrieve('m')
    })
    assert.equal(made, 2)
    assert.equal(new Set(urls).size, 1)
  })

  test('takes the gateway it is given in place of its own base URL', async () => {
    const { fetch, urls } = recorder()
    const plain = new OpenAI({ apiKey: 'k', baseURL: 'https://api.openai.com/v1', fetch })
    const openai = trackOpenAI(plain, { baseURL: 'http://g:2/' })
    await openai.get('/models')
    await session(async (own) => {
      await openai.get('/models')
      assert.equal(openai.baseURL, urlOf(own, 'http://g:2/v1'))
      assert.deepEqual(urls, ['http://g:2/v1/models', `${openai.baseURL}/models`])
    })
    assert.equal(plain.baseURL, 'https://api.openai.com/v1')
    assert.throws(() => trackOpenAI(plain, { baseURL: '/v1' }), TypeError)
  })

  test('keeps to its session after withOptions, and takes a base URL from there', async () => {
    const { fetch, urls } = recorder()
    const openai = trackOpenAI(new OpenAI({ baseURL, apiKey: 'k', fetch }))
    const other = openai.withOptions({ baseURL: 'http://g:2/v1' })
    await session(async (own) => {
      await openai.withOptions({ defaultHeaders: { 'x-a': '1' } }).get('/a')
      await other.get('/a')
      assert.deepEqual(urls, [`${urlOf(own)}/a`, `${urlOf(own, 'http://g:2/v1')}/a`])
    })
  })

  test('hands what is set on it to the clients of sessions, too', async () => {
    const { fetch, keys, urls } = recorder()
    const openai = trackOpenAI(new OpenAI({ baseURL, apiKey: 'one', fetch }))
    await session(async () => {
      await openai.get('/a')
      openai.apiKey = 'two'
      openai.baseURL = 'http://g:2/v1'
      await openai.get('/a')
      await openai.withOptions({ timeout: 5 }).get('/a')
      await openai.withOptions({ apiKey: 'three' }).get('/a')
    })
    await openai.get('/a')
    assert.deepEqual(keys, ['Bearer one', 'Bearer two', 'Bearer two', 'Bearer three', 'Bearer two'])
    assert.deepEqual(
      urls.map((url) => new URL(url).host),
      ['h:1', 'g:2', 'g:2', 'g:2', 'g:2'],
    )
  })

  test('reaches deep parts of the API in the session of the call', async () => {
    const { fetch, urls } = recorder()
    const openai = trackOpenAI(new OpenAI({ baseURL, apiKey: 'k', fetch }))
    const { threads } = openai.beta
    await session(async (own) => {
      await threads.messages.list('t')
      await openai.responses.create({ model: 'm', input: 'a' })
      assert.deepEqual(urls, [`${urlOf(own)}/threads/t/messages`, `${urlOf(own)}/responses`])
    })
  })

  test('of version 4, which has no withOptions, is copied through its class', async () => {
    class Part {
      readonly client: Old
      constructor(client: Old) {
        this.client = client
      }
      where(): string {
        return this.client.baseURL
      }
    }
    class Old {
      readonly #secret = 'kept'
      readonly part: Part = new Part(this)
      readonly _options: { readonly baseURL: string; readonly apiKey: string }
      baseURL: string
      constructor(options: { readonly baseURL: string; readonly apiKey: string }) {
        this._options = options
        this.baseURL = options.baseURL
      }
      key(): string {
        return `${this._options.apiKey} ${this.#secret}`
      }
    }
    const old = trackOpenAI(new Old({ baseURL, apiKey: 'k' }))
    // oxlint-disable-next-line typescript/unbound-method -- what is asked here
    const { where } = old.part
    assert.equal(where(), baseURL)
    session((own) => {
      assert.equal(where(), urlOf(own))
      assert.equal(old.key(), 'k kept')
      assert.ok(old instanceof Old)
    })
  })
})
