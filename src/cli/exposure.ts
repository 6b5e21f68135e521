import type { Config } from '../config/index.ts'

/** True when only this machine can reach a gateway that listens on this address. */
export function isLoopback(host: string): boolean {
  return host === 'localhost' || host === '::1' || /^127(?:\.\d{1,3}){3}$/.test(host)
}

/** What is open to whom, and how to close it; null when nothing needs to be said. */
export function exposureOf({ host, admin_token: token, keys }: Config): string | null {
  if (isLoopback(host) || token !== undefined || keys.master_key !== undefined) return null
  return (
    `listening on ${host}: whoever can reach it may call, read and delete every trace and change the ` +
    'workers; --admin-token <secret> (admin_token in the file) closes all of that but the calls, ' +
    'keys.master_key the calls, too'
  )
}
