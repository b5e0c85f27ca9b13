/** Every case against the designs that serve in other processes and threads. */

import { testDesigns } from './designs.ts'

testDesigns('processes', 'worker-threads', 'inetd')
