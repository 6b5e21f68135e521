/** As many digits as a binary number holds for sure: the ones behind them are noise of its sums. */
const DIGITS = 15

/** An amount of money as people reckon it: 0.1 and 0.2 are 0.3. */
export function withoutNoise(amount: number): number {
  const rounded = Number(amount.toPrecision(DIGITS))
  // Rounded up, the largest doubles would be infinite.
  return Number.isFinite(rounded) ? rounded : amount
}
