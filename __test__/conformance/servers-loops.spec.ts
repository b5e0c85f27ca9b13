/** Every case against the native loops, whatever they wait by. */

import { testDesigns } from './designs.ts'

testDesigns('poll', 'multi-loop', 'select', 'poll-syscall')
