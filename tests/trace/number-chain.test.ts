import assert from 'node:assert/strict'
import { DatabaseSync } from 'node:sqlite'
import { test } from 'node:test'
import fc from 'fast-check'
import { ChainReader, findLink, type Chain } from '../../src/trace/sqlite/number-chain.ts'
import { createTables } from '../../src/trace/sqlite/schema.ts'
import { WriterState } from '../../src/trace/sqlite/writer-state.ts'

const chain = (values: readonly number[], depth = 0): Chain => ({
  key: 1,
  values: Int32Array.from(values),
  depth,
})
const upTo = (length: number): number[] => Array.from({ length }, (_, at) => at)

test('the parent is the list with the longest shared beginning', () => {
  const candidates = [chain([...upTo(10), 99]), chain([...upTo(20), 99]), chain([5, 6])]
  assert.deepEqual(findLink(Int32Array.from(upTo(30)), candidates, 64), {
    parent: candidates[1],
    prefix: 20,
  })
})

test('a list with nothing worth sharing, or too far from a whole one, is stored whole', () => {
  const alone = { parent: null, prefix: 0 }
  assert.deepEqual(findLink(Int32Array.from(upTo(30)), [chain(upTo(7))], 64), alone)
  assert.deepEqual(findLink(Int32Array.from(upTo(30)), [chain(upTo(20), 3)], 4), alone)
  assert.equal(findLink(Int32Array.from(upTo(30)), [chain(upTo(20), 2)], 4).prefix, 20)
})

test('lists that branch from each other in any way are read back, near or far from a whole one', () => {
  const turn = fc.record({
    parent: fc.nat({ max: 6 }),
    keep: fc.nat({ max: 60 }),
    add: fc.array(fc.integer({ min: -(2 ** 31), max: 2 ** 31 - 1 }), { maxLength: 20 }),
  })
  fc.assert(
    fc.property(fc.array(turn, { minLength: 1, maxLength: 30 }), (turns) => {
      const db = new DatabaseSync(':memory:')
      createTables(db)
      const state = new WriterState(db, 5)
      const written: Chain[] = []
      for (const { parent, keep, add } of turns) {
        const before = written.at(-1 - parent)?.values.subarray(0, keep) ?? []
        const values = Int32Array.from([...before, ...add])
        written.push(state.writeChain(1, values, written.slice(-4).reverse(), null))
      }
      const inOrder = new ChainReader(db)
      for (const { key, values, depth } of written) {
        const found = inOrder.read(key)
        assert.deepEqual([found.values, found.depth], [values, depth])
        assert.ok(depth < 5)
        // Without anything remembered, the whole way to a whole list is walked.
        assert.deepEqual(new ChainReader(db).read(key).values, values)
      }
      db.close()
    }),
  )
})
