/** The native server, the Launcelot answers, no listener. `node lancelot-native.mjs PORT`. */

import { lancelot, startPollServer } from 'lancelot'
import { obey } from './control.mjs'

const server = await startPollServer({ ...lancelot.options, port: Number(process.argv[2]) })
obey(server.address.port)
