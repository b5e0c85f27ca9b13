/** Every case against the designs that read blockingly. */

import { testDesigns } from './designs.ts'

testDesigns('one-at-a-time', 'thread-per-connection', 'thread-pool')
