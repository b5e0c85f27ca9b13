/** For tests that measure: whether the load generator is built. */

import { generatorProgram } from '../../src/load/generator.ts'

export function hasGenerator(): boolean {
  try {
    return generatorProgram() !== ''
  } catch {
    return false
  }
}
