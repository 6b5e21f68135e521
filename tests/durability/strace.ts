import { spawnSync } from 'node:child_process'

/** A moment of a system call. Moments are in the order the kernel reported them. */
export interface Moment {
  readonly call: string
  /** Calls of other threads may come between the two; one that is not interrupted is both at once. */
  readonly when: 'enter' | 'exit' | 'both'
  /** The arguments as far as they are shown at this moment, file names and addresses resolved. */
  readonly args: string
  /** Null on entering. */
  readonly result: number | null
}

/** Why nothing can be traced here, or null. */
export function whyNoStrace(): string | null {
  if (process.platform !== 'linux') return 'strace is Linux'
  const probe = spawnSync('strace', [
    '-D',
    '-f',
    '-yy',
    '-e',
    'trace=fsync',
    '-o',
    '/dev/null',
    'true',
  ])
  if (probe.error) return `strace is not here: ${probe.error.message}`
  return probe.status === 0 ? null : `strace may not trace: ${probe.stderr.toString().trim()}`
}

/** The command to put before another one; the traced process, not the tracer, is the child. */
export function straceInto(file: string, calls: readonly string[]): readonly string[] {
  const trace = `trace=${calls.join(',')}`
  return ['strace', '-D', '-f', '-ttt', '-yy', '-s', '4000', '-o', file, '-e', trace]
}

/** Reads what strace wrote: whole calls, and calls in two halves. */
export function parseStrace(text: string): Moment[] {
  const moments: Moment[] = []
  const open = new Map<string, string>()
  for (const line of text.split('\n')) {
    const [, thread = '', rest = ''] = /^(\d+) +[\d.]+ (.*)$/.exec(line) ?? []
    const resumed = /^<\.\.\. (\w+) resumed>(.*)\)\s+= (-?\d+)/.exec(rest)
    const unfinished = /^(\w+)\((.*) <unfinished \.\.\.>$/.exec(rest)
    const whole = /^(\w+)\((.*)\)\s+= (-?\d+)/.exec(rest)
    if (resumed) {
      const [, call = '', tail = '', result] = resumed
      const args = (open.get(thread) ?? '') + tail
      moments.push({ call, when: 'exit', args, result: Number(result) })
    } else if (unfinished) {
      const [, call = '', args = ''] = unfinished
      open.set(thread, args)
      moments.push({ call, when: 'enter', args, result: null })
    } else if (whole) {
      const [, call = '', args = '', result] = whole
      moments.push({ call, when: 'both', args, result: Number(result) })
    }
  }
  return moments
}
