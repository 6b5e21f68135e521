/** Things to undo when a group of tests has ended, in reverse order. */
export interface Scope {
  after(undo: () => unknown): void
  close(): Promise<void>
}

export function createScope(): Scope {
  const undos: (() => unknown)[] = []
  return {
    after: (undo) => void undos.push(undo),
    async close() {
      for (const undo of undos.toReversed()) await undo()
    },
  }
}
