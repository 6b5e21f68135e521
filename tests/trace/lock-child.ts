import { DatabaseSync } from 'node:sqlite'

/** Holds the write lock of a database until its input ends. */
const db = new DatabaseSync(process.argv[2] ?? '')
db.exec('BEGIN IMMEDIATE')
process.stdout.write('held\n')
for await (const _ of process.stdin);
db.exec('ROLLBACK')
db.close()
