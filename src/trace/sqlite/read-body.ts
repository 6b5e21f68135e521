import type { DatabaseSync, StatementSync } from 'node:sqlite'
import { unpackBlob } from './blob.ts'
import { ByteReader } from './bytes.ts'
import type { ChainReader } from './number-chain.ts'

/** Puts bodies together again from their parts and the bytes between them. */
export class BodyReader {
  readonly #runs: StatementSync
  readonly #part: StatementSync
  readonly #chains: ChainReader

  constructor(db: DatabaseSync, chains: ChainReader) {
    this.#runs = db.prepare('SELECT runs FROM chains WHERE key = ?')
    this.#part = db.prepare('SELECT body FROM parts WHERE key = ?')
    this.#chains = chains
  }

  read(key: number): Uint8Array {
    const { runs } = this.#runs.get(key) as { runs: Uint8Array }
    const { values } = this.#chains.read(key)
    const between = new ByteReader(this.#read(values.at(-1) as number))
    const pieces: Uint8Array[] = []
    let part = 0
    for (const lengths = new ByteReader(runs); !lengths.done;) {
      pieces.push(between.bytes(lengths.varint()))
      for (let left = lengths.varint(); left > 0; left--)
        pieces.push(this.#read(values[part++] as number))
    }
    pieces.push(between.rest())
    return Buffer.concat(pieces)
  }

  #read(key: number): Uint8Array {
    const row = this.#part.get(key) as { body: Uint8Array } | undefined
    if (!row) throw new Error(`the stored part ${key} is missing`)
    return unpackBlob(row.body)
  }
}
