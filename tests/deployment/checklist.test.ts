import assert from 'node:assert/strict'
import { existsSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { test } from 'node:test'
import { CHECKLIST } from './checklist.ts'

const TESTS = join(import.meta.dirname, '..')

/** True where the text has this name as a whole string, in any of the three quotes. */
function names(text: string, name: string): boolean {
  return ["'", '"', '`'].some((quote) => text.includes(quote + name + quote))
}

for (const { what, shownBy } of CHECKLIST) {
  test(`there are tests that show: ${what}`, () => {
    const shown = Object.entries(shownBy)
    assert.ok(shown.length > 0)
    for (const [file, titles] of shown) {
      const path = join(TESTS, file)
      assert.ok(existsSync(path), `there is no tests/${file}`)
      const text = readFileSync(path, 'utf8')
      for (const title of titles) assert.ok(names(text, title), `tests/${file} has no "${title}"`)
    }
  })
}

test('the checklist has as many points as there are, and none of them twice', () => {
  assert.equal(CHECKLIST.length, 16)
  assert.equal(new Set(CHECKLIST.map(({ what }) => what)).size, 16)
})
