/** Gives up the rights of root, where it has them, and tries a port that needs them. */

import { startPollServer } from 'lancelot'

const NOBODY = 65_534

// Loads everything while it may still be read.
await (await startPollServer({ port: 0 })).close()
try {
  if (process.geteuid() === 0) process.seteuid(NOBODY)
  const server = await startPollServer({ port: Number(process.argv[2]) })
  console.log(`listens on ${server.address.port}`)
  await server.close()
} catch (error) {
  console.log(error.code, error.syscall, error.message)
}
