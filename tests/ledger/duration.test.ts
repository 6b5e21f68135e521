import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { later, periodAt, readDuration, type Duration } from '../../src/ledger/duration.ts'

const at = (text: string): number => Date.parse(`${text}Z`)
const iso = (time: number): string => new Date(time).toISOString().slice(0, 19)
const must = (text: string): Duration => {
  const duration = readDuration(text)
  assert.ok(duration, text)
  return duration
}
const now = fc.integer({ min: 0, max: at('2100-01-01T00:00:00') })
const duration = fc
  .tuple(fc.integer({ min: 1, max: 400 }), fc.constantFrom('s', 'm', 'h', 'd', 'w', 'mo'))
  .map(([amount, unit]) => must(`${amount}${unit}`))

test('reads what LiteLLM writes', () => {
  assert.deepEqual(must('30s'), { amount: 30, unit: 's' })
  assert.deepEqual(must('15m'), { amount: 15, unit: 'm' })
  assert.deepEqual(must('1mo'), { amount: 1, unit: 'mo' })
})

for (const text of [
  '',
  '0s',
  '-1d',
  '1',
  'd',
  '1.5h',
  '1y',
  ' 1d',
  '1d ',
  '1D',
  '01d',
  '99999999999s',
  '101w mo',
  '5218w',
  '1179mo',
]) {
  test(`does not read ${JSON.stringify(text)}`, () => assert.equal(readDuration(text), null))
}

for (const [text, from, start, end] of [
  ['1d', '2026-02-28T13:14:15', '2026-02-28T00:00:00', '2026-03-01T00:00:00'],
  ['24h', '2026-02-28T00:00:00', '2026-02-28T00:00:00', '2026-03-01T00:00:00'],
  ['7d', '2026-11-21T03:00:00', '2026-11-16T00:00:00', '2026-11-23T00:00:00'],
  ['1w', '2026-11-16T00:00:00', '2026-11-16T00:00:00', '2026-11-23T00:00:00'],
  ['30d', '2026-12-31T23:59:59', '2026-12-01T00:00:00', '2027-01-01T00:00:00'],
  ['1mo', '2024-02-29T12:00:00', '2024-02-01T00:00:00', '2024-03-01T00:00:00'],
  ['90m', '2026-01-01T10:00:00', '2026-01-01T10:00:00', '2026-01-01T11:30:00'],
  ['2d', '2026-01-01T10:00:00', '2026-01-01T10:00:00', '2026-01-03T10:00:00'],
] as const) {
  test(`a budget of ${text} that begins at ${from} is that of ${start} to ${end}`, () => {
    const { startedAt, resetAt } = periodAt(must(text), at(from), at(from))
    assert.deepEqual([iso(startedAt), iso(resetAt)], [start, end])
  })
}

test('a month after the 31st is the last day of the next', () => {
  assert.equal(iso(later(at('2026-01-31T08:00:00'), must('1mo'))), '2026-02-28T08:00:00')
  assert.equal(iso(later(at('2024-11-30T08:00:00'), must('3mo'))), '2025-02-28T08:00:00')
})

test('a period holds the moment it is asked for, and the next one begins where it ends', () => {
  fc.assert(
    fc.property(duration, now, now, (length, one, other) => {
      const [anchor, moment] = one < other ? [one, other] : [other, one]
      const period = periodAt(length, anchor, moment)
      assert.ok(period.startedAt <= moment && moment < period.resetAt)
      const next = periodAt(length, anchor, period.resetAt)
      assert.equal(next.startedAt, period.resetAt)
      assert.deepEqual(periodAt(length, anchor, period.resetAt - 1), period)
    }),
  )
})

test('what is later by a duration is later', () => {
  fc.assert(fc.property(duration, now, (length, time) => later(time, length) > time))
})
