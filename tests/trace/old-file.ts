import { DatabaseSync } from 'node:sqlite'

/** Makes a closed file what a gateway with an older schema would have left. */
export function makeOld(path: string, version: 1 | 2): void {
  const db = new DatabaseSync(path)
  db.exec(`DROP VIEW litellm_spend; DROP VIEW "LiteLLM_SpendLogs"; DROP TABLE spend;
    DROP TABLE records; PRAGMA user_version = ${version}`)
  db.close()
}

/** The schema version of a file. */
export function versionOf(path: string): unknown {
  const db = new DatabaseSync(path, { readOnly: true })
  try {
    return db.prepare('PRAGMA user_version').get()?.['user_version']
  } finally {
    db.close()
  }
}
