import assert from 'node:assert/strict'
import { test } from 'node:test'
import {
  bodyConverter,
  converted,
  eventConverter,
  type Converter,
} from '../../src/upstream/providers/converted.ts'

/** A body that counts how often it was read, and notes that its reader left. */
class Source implements AsyncIterableIterator<Uint8Array, undefined> {
  readonly #pieces: readonly string[]
  reads = 0
  isLeft = false

  constructor(...pieces: readonly string[]) {
    this.#pieces = pieces
  }

  async next(): Promise<IteratorResult<Uint8Array, undefined>> {
    const piece = this.#pieces[this.reads]
    this.reads += 1
    if (piece === 'broken') throw new Error('broken')
    return piece === undefined
      ? { value: undefined, done: true }
      : { value: Buffer.from(piece), done: false }
  }

  async return(): Promise<IteratorResult<Uint8Array, undefined>> {
    this.isLeft = true
    return { value: undefined, done: true }
  }

  [Symbol.asyncIterator](): this {
    return this
  }
}

const shout: Converter = {
  push: (bytes) => Buffer.from(bytes).toString().trim().toUpperCase(),
  end: () => '!',
}

async function read(body: AsyncIterable<Uint8Array>): Promise<string[]> {
  const texts: string[] = []
  for await (const bytes of body) texts.push(Buffer.from(bytes).toString())
  return texts
}

test('a converted body reads no further than it is read', async () => {
  const source = new Source('a', ' ', 'b', 'c')
  const body = converted(source, shout)
  assert.equal(source.reads, 0)
  await body.next()
  assert.equal(source.reads, 1)
  await body.next()
  assert.equal(source.reads, 3, 'what gives nothing is passed over')
})

test('a converted body ends where its source ends, with what was left to say', async () => {
  const source = new Source('a', 'b')
  const body = converted(source, shout)
  assert.deepEqual(await read(body), ['A', 'B', '!'])
  assert.deepEqual(await body.next(), { value: undefined, done: true })
  assert.equal(source.reads, 3, 'a body that has ended is not asked again')
})

test('a converted body breaks where its source breaks', async () => {
  const body = converted(new Source('a', 'broken'), shout)
  assert.equal(String((await body.next()).value), 'A')
  await assert.rejects(body.next(), /broken/)
})

test('a reader that leaves before it has read lets the source know', async () => {
  const source = new Source('a')
  const body = converted(source, shout)
  await body.return?.()
  assert.equal(source.isLeft, true)
  assert.deepEqual(await body.next(), { value: undefined, done: true })
})

test('a conversion that fails ends the body and lets the source know', async () => {
  const source = new Source('a', 'b')
  const fail = (): string => {
    throw new Error('unreadable')
  }
  const body = converted(source, { push: fail, end: () => '' })
  await assert.rejects(read(body), /unreadable/)
  assert.equal(source.isLeft, true)
  assert.deepEqual(await body.next(), { value: undefined, done: true })
})

test('a stream breaks at the event that cannot be converted, however it is cut into reads', async () => {
  const convert = ({ text }: { text: string }): string => {
    if (text === 'bad') throw new Error('unreadable')
    return `${text} `
  }
  const stream = 'data: one\n\ndata: two\n\ndata: bad\n\ndata: three\n\n'
  for (let cut = 0; cut <= stream.length; cut += 1) {
    const source = new Source(stream.slice(0, cut), stream.slice(cut))
    const texts: string[] = []
    await assert.rejects(async () => {
      for await (const bytes of converted(source, eventConverter(convert)))
        texts.push(Buffer.from(bytes).toString())
    }, /unreadable/)
    assert.equal(texts.join(''), 'one two ')
    assert.equal(source.isLeft, true)
  }
})

test('a text is converted whole, and an empty one stays empty', async () => {
  const whole = (): Converter => bodyConverter((text) => `<${text}>`)
  assert.deepEqual(await read(converted(new Source('a', 'b'), whole())), ['<ab>'])
  assert.deepEqual(await read(converted(new Source(), whole())), [])
})

test('a stream that went bad is not read on, though its server may have fallen silent', async () => {
  const convert = ({ text }: { text: string }): string => {
    if (text === 'bad') throw new Error('unreadable')
    return text
  }
  const source = new Source('data: one\n\ndata: bad\n\n', 'data: two\n\n')
  const body = converted(source, eventConverter(convert))
  assert.equal(String((await body.next()).value), 'one')
  await assert.rejects(body.next(), /unreadable/)
  assert.deepEqual([source.reads, source.isLeft], [1, true])
})

test('a reply that is nested deeper than can be written is the fault of its server', async () => {
  const nested = (depth: number): string => `${'['.repeat(depth)}${']'.repeat(depth)}`
  const again = (json: string): string => JSON.stringify(JSON.parse(json))
  const body = converted(new Source(nested(50_000)), bodyConverter(again))
  await assert.rejects(read(body), { code: 'upstream_protocol' })
  const flat = converted(new Source(nested(9)), bodyConverter(again))
  assert.deepEqual(await read(flat), [nested(9)])
})
