/** What of a member decides which sessions are its own. */
export interface Weighted {
  /** Unique; settles a tie, so that the order of the members never matters. */
  readonly id: string
  /** {@link hashText} of what names the member on every replica alike. */
  readonly hash: number
  /** Above 0. */
  readonly weight: number
}

/** FNV-1a over UTF-16 code units, finished by {@link mix}: an unsigned 32-bit number. */
export function hashText(text: string): number {
  let hash = 0x811c9dc5
  for (let at = 0; at < text.length; at += 1) {
    hash = Math.imul(hash ^ text.charCodeAt(at), 0x01000193)
  }
  return mix(hash)
}

/**
 * The members in the order in which they are a session's own: weighted rendezvous hashing (Thaler and
 * Ravishankar 1998; weights by `-w / ln u`). Nothing is remembered, so every replica decides alike; a
 * member that leaves gives up its own sessions only, and one that joins takes its share and no more.
 */
export function rendezvousOrder<Member extends Weighted>(
  members: readonly Member[],
  session: string,
): Member[] {
  const hash = hashText(session)
  const order: Member[] = []
  const scores: number[] = []
  // Sorted by insertion: for as many members as there are, a third of what a comparator costs.
  for (const member of members) {
    const score = scoreOf(member, hash)
    let at = order.length
    for (; at > 0; at -= 1) {
      const before = order[at - 1]
      const least = scores[at - 1] ?? 0
      if (!before || least > score || (least === score && before.id < member.id)) break
      order[at] = before
      scores[at] = least
    }
    order[at] = member
    scores[at] = score
  }
  return order
}

function scoreOf({ hash, weight }: Weighted, session: number): number {
  // Half a step away from 0 and 1, where the logarithm has no use.
  return -weight / Math.log((mix(session ^ hash) + 0.5) / 0x1_0000_0000)
}

/** The finalizer of MurmurHash3: every bit of the input moves every bit of the result. */
function mix(value: number): number {
  let bits = value
  bits = Math.imul(bits ^ (bits >>> 16), 0x85ebca6b)
  bits = Math.imul(bits ^ (bits >>> 13), 0xc2b2ae35)
  return (bits ^ (bits >>> 16)) >>> 0
}
