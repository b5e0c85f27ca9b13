/** Every example runs as its header says, with the built package, and stops at Ctrl-C. */

import { type ChildProcessByStdio, spawn } from 'node:child_process'
import { once } from 'node:events'
import { readdirSync } from 'node:fs'
import type { Readable } from 'node:stream'
import { fileURLToPath } from 'node:url'
import test, { type ExecutionContext } from 'ava'
import { Changes } from '../conformance/changes.ts'
import { SocketClient } from '../socket-client.ts'

const FOLDER = fileURLToPath(new URL('../../examples/', import.meta.url))

/** One example, as a process of its own. */
class Example {
  readonly #child: ChildProcessByStdio<null, Readable, Readable>
  readonly #changes = new Changes()
  readonly #closed: Promise<unknown>
  readonly #name: string
  stdout = ''
  stderr = ''

  constructor(t: ExecutionContext, name: string, port: number) {
    const stdio: ['ignore', 'pipe', 'pipe'] = ['ignore', 'pipe', 'pipe']
    this.#name = name
    this.#child = spawn(process.execPath, [`${FOLDER}${name}`, String(port)], {
      stdio,
      env: { ...process.env, NODE_OPTIONS: '' },
    })
    this.#closed = once(this.#child, 'close')
    this.#child.stdout.setEncoding('utf8').on('data', text => {
      this.stdout += text
      this.#changes.notify()
    })
    this.#child.stderr.setEncoding('utf8').on('data', text => {
      this.stderr += text
      this.#changes.notify()
    })
    void this.#closed.then(() => this.#changes.notify())
    t.teardown(() => this.#child.kill('SIGKILL'))
  }

  /** Waits until it has printed this. */
  async printed(pattern: RegExp): Promise<RegExpExecArray> {
    const isSo = (): boolean => {
      if (pattern.test(this.stdout)) return true
      if (this.#child.exitCode === null && this.#child.signalCode === null) return false
      throw new Error(`${this.#name} ended before ${pattern}: ${this.stdout}${this.stderr}`)
    }
    await this.#changes.until(isSo, () => `for ${pattern} in ${JSON.stringify(this.stdout)}`)
    return pattern.exec(this.stdout) as RegExpExecArray
  }

  /** Connects to the port that it says it listens on. */
  async connect(t: ExecutionContext): Promise<SocketClient> {
    const client = await SocketClient.open(await this.address())
    t.teardown(() => client.socket.destroy())
    return client
  }

  async address(): Promise<{ host: string; port: number; family: 'IPv4' }> {
    const [, port] = await this.printed(/^listening on 127\.0\.0\.1:(\d+), Ctrl-C stops\n/)
    return { host: '127.0.0.1', port: Number(port), family: 'IPv4' }
  }

  /** Waits for its end, which is one without an error. */
  async ended(t: ExecutionContext): Promise<void> {
    await this.#closed
    const { exitCode, signalCode } = this.#child
    t.deepEqual({ exitCode, signalCode, stderr: this.stderr }, ENDED_WELL, this.#name)
  }

  /** What Ctrl-C does. */
  async stop(t: ExecutionContext): Promise<void> {
    this.#child.kill('SIGINT')
    await this.ended(t)
  }
}

const ENDED_WELL = { exitCode: 0, signalCode: null, stderr: '' }

const TESTED = ['answers.mjs', 'client.mjs', 'handler.mjs', 'monitor.mjs', 'push.mjs']

test('every example is tested', t => {
  t.deepEqual(readdirSync(FOLDER).sort(), TESTED)
})

test('answers.mjs answers, and client.mjs asks it', async t => {
  const server = new Example(t, 'answers.mjs', 0)
  const client = new Example(t, 'client.mjs', (await server.address()).port)
  await client.ended(t)
  t.is(client.stdout, 'My name is Sir Lancelot of Camelot.\nTo seek the Holy Grail.\nBlue.\n')
  const other = await server.connect(t)
  other.send('What is your name?How long have you stood here?')
  await server.stop(t)
  t.is(await other.ended, 'fin')
  t.regex(other.received, /^My name is Sir Lancelot of Camelot\.(\d+ seconds|Error: .*)\.$/)
  t.regex(server.stdout, /\{ drained: 1, cut: 0 \}\n$/)
})

test('handler.mjs answers from its table, its routes and its handler, in order', async t => {
  const server = new Example(t, 'handler.mjs', 0)
  const client = await server.connect(t)
  client.send('ping\nwait 50\nadd 2 3\nwho\nwhat\nquit\n')
  t.is(await client.ended, 'fin')
  const what = 'what: what is that?'
  t.is(client.received, `pong\nwaited 50 ms\n5\nyou are 127.0.0.1\n${what}\n`)
  client.socket.end()
  await server.printed(/^#1 handler-close after 6 requests\n/m)
  await server.stop(t)
})

test('push.mjs sends what one says to all of its group, and to nobody else', async t => {
  const server = new Example(t, 'push.mjs', 0)
  const greeting = 'Welcome. Say: join NAME, say TEXT, or quit\n'
  const [first, second, other] = [
    await server.connect(t),
    await server.connect(t),
    await server.connect(t),
  ]
  first.send('say Ni!\njoin knights\n')
  await first.expect(`${greeting}join a group first\nyou are in knights\n`)
  second.send('join !\njoin kings\njoin knights\n')
  const name = 'a group has a name of 1 to 32 letters and digits'
  await second.expect(`${greeting}${name}\nyou are in kings\nyou are in knights\n`)
  other.send('join kings\nNi!\n')
  await other.expect(`${greeting}you are in kings\njoin NAME, say TEXT, or quit\n`)
  first.send('say Ni!\n')
  const heard = `${greeting}join a group first\nyou are in knights\n#1: Ni!\n2 heard you\n`
  await first.expect(heard)
  first.send('quit\n')
  t.is(await first.finish(), 'fin')
  t.is(first.received, `${heard}Farewell.\n`)
  await second.expect(`${greeting}${name}\nyou are in kings\nyou are in knights\n#1: Ni!\n`)
  await server.stop(t)
  t.is(await other.ended, 'fin')
  const said = `${greeting}you are in kings\njoin NAME, say TEXT, or quit\nThe server stops.\n`
  t.is(other.received, said)
  t.regex(server.stdout, /^2 were told that it stops\n$/m)
})

test('monitor.mjs says who comes and goes, what is refused, and what is asked', async t => {
  const server = new Example(t, 'monitor.mjs', 0)
  const clients: SocketClient[] = []
  for (let count = 1; count <= 4; count++) {
    clients.push(await server.connect(t))
    await server.printed(new RegExp(`^#${count} opened from 127\\.0\\.0\\.1\n`, 'm'))
  }
  clients[0]?.send('ping\n')
  await clients[0]?.expect('pong\n')
  const refused = await server.connect(t)
  await refused.ended
  t.is(refused.received, '')
  await server.printed(/^overload of connections begins\n/m)
  await clients[0]?.finish()
  await server.printed(/^#1 finished after 1 requests in \d+ ms\n/m)
  await server.printed(/^overload of connections is over\n/m)
  await server.printed(/^3 open, 1 refused, \d requests\/s, latest "ping", number 1 of its /m)
  await server.stop(t)
  t.regex(server.stdout, /^#2 stopped after 0 requests in \d+ ms\n/m)
})
