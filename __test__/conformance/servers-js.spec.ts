/** Every case against the designs whose sockets are on the thread of JavaScript, and the pool. */

import { testDesigns } from './designs.ts'

testDesigns('callback', 'coroutine', 'loop-and-pool')
