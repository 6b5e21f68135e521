import { DONE, roleEvent, tokenEvent, usageEvent } from '../support/events.ts'
import { head, single, writeChunk, type Script } from '../support/scripted-upstream.ts'

/** Something that upstream replies wait for in the middle. */
export interface Gate {
  /** Streams that said a word and wait to go on. */
  readonly stream: Script
  /** Single bodies that wait to be sent at all. */
  single(body: string): Script
  open(): void
}

/** `size`: characters of the last token, for a trace that needs room. */
export function createGate(size = 8): Gate {
  const gate = Promise.withResolvers<void>()
  return {
    async stream(socket) {
      socket.setNoDelay(true)
      const type = 'text/event-stream; charset=utf-8'
      socket.write(head(200, { 'content-type': type, 'transfer-encoding': 'chunked' }))
      await writeChunk(socket, Buffer.from(roleEvent() + tokenEvent('first')))
      await gate.promise
      if (socket.destroyed) return
      const rest =
        tokenEvent(noise(size)) + tokenEvent('', { finish: 'stop' }) + usageEvent(1, 3) + DONE
      await writeChunk(socket, Buffer.from(rest))
      socket.write('0\r\n\r\n')
    },
    single: (body) => async (socket, request) => {
      await gate.promise
      if (!socket.destroyed) single(body)(socket, request)
    },
    open: () => gate.resolve(),
  }
}

/** Text that no compression makes much smaller. */
export function noise(size: number): string {
  let text = ''
  while (text.length < size) text += Math.random().toString(36).slice(2)
  return text.slice(0, size)
}
