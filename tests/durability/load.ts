import { createHash } from 'node:crypto'
import { chat } from '../support/events.ts'
import { post, type RawReply } from '../support/raw-client.ts'

/** What a client that received a complete answer can hold the gateway to. */
export interface Receipt {
  readonly traceId: string
  readonly requestId: string
  readonly sha256: string
  /** Milliseconds of this process's clock. */
  readonly at: number
}

/** Clients that call without pause until the gateway is gone. Their memory is this process's. */
export interface Load {
  readonly receipts: readonly Receipt[]
  /** The request ids of all calls that were made, answered or not. */
  readonly sent: ReadonlySet<string>
  /** Answers that were neither complete nor cut by the kill, such as an error status. */
  readonly refusals: readonly string[]
  readonly inFlight: number
  /** Resolves when every client has seen its connection die. */
  readonly gone: Promise<unknown>
}

export interface LoadOptions {
  readonly clients: number
  /** Tells the calls of this load from those of every other. */
  readonly name: string
  readonly sessionOf: (client: number) => string
}

/** Starts the clients, of which every other one asks for streams. */
export function startLoad(url: string, { clients, name, sessionOf }: LoadOptions): Load {
  const receipts: Receipt[] = []
  const sent = new Set<string>()
  const refusals: string[] = []
  let inFlight = 0

  async function client(number: number): Promise<void> {
    const streamed = number % 2 === 0
    const path = `${url}/sessions/${sessionOf(number)}/v1/chat/completions`
    for (let turn = 0; ; turn++) {
      const requestId = `${name}-${number}-${turn}`
      sent.add(requestId)
      inFlight++
      // A connection that dies before the head of a reply rejects; one that dies later is incomplete.
      const reply = await post(path, bodyOf(requestId, streamed), {
        'x-request-id': requestId,
      }).catch(() => null)
      if (reply?.complete) {
        inFlight--
        if (isWhole(reply, streamed)) receipts.push(receiptOf(reply, requestId))
        else refusals.push(`${requestId}: ${reply.status} ${reply.body.toString('utf8')}`)
      } else return
    }
  }

  const gone = Promise.all(Array.from({ length: clients }, (_, number) => client(number)))
  return {
    receipts,
    sent,
    refusals,
    gone,
    get inFlight() {
      return inFlight
    },
  }
}

/** The rule for writing into the ledger: success, and the dialect's own end was seen. */
export function isWhole(reply: RawReply, streamed: boolean): boolean {
  if (!reply.complete || reply.status < 200 || reply.status > 299) return false
  return !streamed || reply.body.toString('latin1').endsWith('data: [DONE]\n\n')
}

export function sha256(bytes: Uint8Array): string {
  return createHash('sha256').update(bytes).digest('hex')
}

function receiptOf(reply: RawReply, requestId: string): Receipt {
  return {
    traceId: String(reply.headers['x-trace-id']),
    requestId,
    sha256: sha256(reply.body),
    at: performance.now(),
  }
}

function bodyOf(requestId: string, streamed: boolean): unknown {
  return chat(streamed, { messages: [{ role: 'user', content: `tell me about ${requestId}` }] })
}
