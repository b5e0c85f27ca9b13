/** A handler's module that is ready only when its process has read whatever it could read. */

import { setImmediate as turn } from 'node:timers/promises'

for (let turns = 0; turns < 100; turns++) await turn()

export default () => 'Slow.'
