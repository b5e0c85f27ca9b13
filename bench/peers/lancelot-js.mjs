/** The JavaScript server with the Launcelot answers. `node lancelot-js.mjs PORT`. */

import { lancelot, startJsServer } from 'lancelot'
import { obey } from './control.mjs'

const server = await startJsServer({ ...lancelot.options, port: Number(process.argv[2]) })
obey(server.address.port)
