/** What one call holds. */
export interface Lease {
  readonly amount: number
  /** Milliseconds of the clock of whoever lends it: from then on it is not held any more. */
  readonly ends: number
}

/** What calls under way hold of one thing. */
export interface Leases {
  sum: number
  readonly each: Set<Lease>
  /** No lease ends before. */
  next: number
}

export function noLeases(): Leases {
  return { sum: 0, each: new Set(), next: Infinity }
}

/** How much is held at this time. */
export function heldAt(leases: Leases, time: number): number {
  if (time >= leases.next) endLeases(leases, time)
  return leases.sum
}

export function lend(leases: Leases, lease: Lease): void {
  leases.each.add(lease)
  leases.sum += lease.amount
  leases.next = Math.min(leases.next, lease.ends)
}

/** Gives back what is still held; a second time nothing. */
export function giveBack(leases: Leases, lease: Lease): void {
  if (!leases.each.delete(lease)) return
  // Rounding cannot pile up: the next sum starts at 0.
  leases.sum = leases.each.size === 0 ? 0 : Math.max(0, leases.sum - lease.amount)
}

function endLeases(leases: Leases, time: number): void {
  leases.next = Infinity
  for (const lease of leases.each) {
    if (lease.ends <= time) giveBack(leases, lease)
    else leases.next = Math.min(leases.next, lease.ends)
  }
}
