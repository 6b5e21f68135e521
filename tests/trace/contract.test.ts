import { booksContract } from './contract-books.ts'
import { sessionsContract } from './contract-sessions.ts'
import { turnsContract } from './contract-turns.ts'
import { valuesContract } from './contract-values.ts'
import { openMemory, openSqlite } from './harness.ts'

for (const [name, open] of [
  ['memory', openMemory],
  ['sqlite', openSqlite],
] as const) {
  turnsContract(name, open)
  sessionsContract(name, open)
  valuesContract(name, open)
  booksContract(name, open)
}
