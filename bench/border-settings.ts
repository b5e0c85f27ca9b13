/** What every row of the border is told. */

/** Of one run of `npm run bench -- border`. */
export interface BorderSettings {
  quick: boolean
  /** Measurements of each entry, of which the first is thrown away. At least 2. */
  rounds: number
  seed: number
  /** Whether Bun is there to be compared. */
  hasBun: boolean
}
