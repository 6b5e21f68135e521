/** A number in decimal digits, never with an exponent, without the noise of its last binary digits. */
export function decimal(value: number): string {
  return value.toLocaleString('en-US', { useGrouping: false, maximumSignificantDigits: 15 })
}
