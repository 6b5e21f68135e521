import { hostname, networkInterfaces } from 'node:os'

/** Where the gateway listens. */
export interface OwnAddress {
  readonly host: string
  readonly port: number
}

/**
 * True when a URL points at the gateway itself: its port, on any address of this machine. Names are
 * not looked up; a call that comes back all the same is stopped by its `via` header.
 */
export function isOwnAddress(url: URL, { host, port }: OwnAddress): boolean {
  const standard = url.protocol === 'https:' ? 443 : 80
  if (Number(url.port || standard) !== port) return false
  const name = bare(url.hostname)
  if (name === bare(host) || name === hostname().toLowerCase()) return true
  if (/(?:^|\.)localhost\.?$/.test(name) || name.startsWith('127.')) return true
  if (ANYWHERE.has(name) || /^::ffff:7f[\da-f]{2}:/.test(name)) return true
  return Object.values(networkInterfaces())
    .flatMap((addresses) => addresses ?? [])
    .some(
      ({ address, family }) => name === address || (family === 'IPv4' && name === mapped(address)),
    )
}

/** Addresses that mean this machine without being those of an interface. */
const ANYWHERE: ReadonlySet<string> = new Set(['0.0.0.0', '::', '::1', '::ffff:0:0'])

/** An IPv4 address as an IPv6 one (RFC 4291 §2.5.5.2), as the URL parser writes it. */
function mapped(address: string): string {
  return bare(new URL(`http://[::ffff:${address}]`).hostname)
}

function bare(host: string): string {
  return host.toLowerCase().replace(/^\[(.*)\]$/, '$1')
}
