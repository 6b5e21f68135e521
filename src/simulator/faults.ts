import { ApiError } from './api-error.ts'

/** What can go wrong before a byte of the answer leaves. */
const INSTEAD = [
  'error',
  'reset-before-headers',
  'stall-before-headers',
  'garbage',
  'html-502',
  'empty',
  'redirect',
  'not-http',
] as const

/** What can go wrong in the middle of an answer, after a number of events. */
const CUTS = [
  'reset-after',
  'stall-after',
  'fin-after',
  'fin-mid-event',
  'end-after',
  'error-event-after',
] as const

/** What makes a whole answer odd. */
const ODDITIES = ['truncate-body', 'stall-body', 'slow-drip', 'no-done', 'no-usage'] as const

type InsteadKind = (typeof INSTEAD)[number]
type CutKind = (typeof CUTS)[number]
type OddityKind = (typeof ODDITIES)[number]

/** A fault that answers in place of the model. */
export interface InsteadFault {
  readonly stage: 'instead'
  readonly kind: InsteadKind
  /** Status of an `error`. */
  readonly status: number
}

/** A fault that ends an answer early. */
export interface CutFault {
  readonly stage: 'cut'
  readonly kind: CutKind
  /** Events that are sent in full before it strikes. */
  readonly after: number
}

export interface OddityFault {
  readonly stage: 'odd'
  readonly kind: OddityKind
}

export type Fault = InsteadFault | CutFault | OddityFault

const includes = <Item extends string>(list: readonly Item[], text: string): text is Item =>
  (list as readonly string[]).includes(text)

/**
 * Reads a fault such as `error:503`, `reset-after:3` or `no-done`.
 * @throws ApiError 400 that lists the faults there are
 */
export const parseFault = (text: string): Fault => {
  const [kind = '', argument] = text.trim().split(':')
  const number = argument === undefined ? null : Number(argument)
  if (number === null || (Number.isInteger(number) && number >= 0)) {
    if (includes(INSTEAD, kind)) return { stage: 'instead', kind, status: number ?? 500 }
    if (includes(CUTS, kind)) return { stage: 'cut', kind, after: number ?? 1 }
    if (includes(ODDITIES, kind)) return { stage: 'odd', kind }
  }
  const known = [...INSTEAD, ...CUTS, ...ODDITIES].join(', ')
  throw new ApiError(
    400,
    'BadRequestError',
    `Unknown fault "${text}". There are: ${known}.`,
    'x-sim-fault',
  )
}

/** Where a fault cuts a stream: body faults strike a stream inside its third event. */
export const cutOf = (fault: Fault | null): CutFault | null => {
  if (fault?.stage === 'cut') return fault
  if (fault?.kind === 'truncate-body') return { stage: 'cut', kind: 'fin-mid-event', after: 2 }
  if (fault?.kind === 'stall-body') return { stage: 'cut', kind: 'stall-after', after: 2 }
  return null
}

/** Whether a fault ends the connection itself, so that an early end is not the client's doing. */
export const closesConnection = (fault: Fault | null): boolean =>
  fault !== null && CLOSING.has(fault.kind)

const CLOSING: ReadonlySet<Fault['kind']> = new Set([
  'reset-before-headers',
  'not-http',
  'reset-after',
  'fin-after',
  'fin-mid-event',
  'truncate-body',
])
