/** A worker of cluster that wants workers of its own: tells the code of the error, and ends. */

import { startServer } from 'lancelot'

const tell = code => process.send(code, () => process.exit(0))

startServer({ architecture: 'processes', port: 0 }).then(
  () => tell('none'),
  error => tell(error.code),
)
