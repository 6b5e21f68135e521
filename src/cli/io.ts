/** Where a command writes, and what the terminal there can show. */
export interface Io {
  readonly stdout: NodeJS.WritableStream
  readonly stderr: NodeJS.WritableStream
  /** Width of the terminal that shows `stderr`; absent where it is none. */
  readonly errorColumns?: number
  /** Width of the terminal; 80 where it is not one. */
  readonly columns: number
  /** True on a terminal without NO_COLOR (https://no-color.org). */
  readonly color: boolean
}
