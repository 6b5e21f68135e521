/** A name that nobody has yet: the wanted one, or the wanted one with a mark and a number behind it. */
export function freeName(wanted: string, taken: ReadonlySet<string>, mark: '#' | '~'): string {
  if (!taken.has(wanted)) return wanted
  let count = 2
  while (taken.has(`${wanted}${mark}${count}`)) count += 1
  return `${wanted}${mark}${count}`
}

/** A worker id out of a name or a host: clients put it into a URL as it is. */
export function idFrom(name: string): string {
  return name.replace(/[[\]]/g, '').replace(/[\s/?#%\\\p{Cc}]/gu, '~')
}
