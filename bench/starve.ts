/** Takes a process's core away from outside, most of the time: what a generator must notice. */

/** Short enough that a second holds twenty, long enough that a timer of Node can keep it. */
const PERIOD_MS = 50

/** Lets a process run for `share` of the time only, until the returned function is called. */
export function starve(pid: number, share: number): () => void {
  let timer: NodeJS.Timeout
  function signal(name: 'SIGSTOP' | 'SIGCONT', thenMs: number): void {
    try {
      process.kill(pid, name)
    } catch {
      // It has ended, and with it what is to be done.
      return
    }
    const next = name === 'SIGSTOP' ? 'SIGCONT' : 'SIGSTOP'
    timer = setTimeout(() => signal(next, PERIOD_MS - thenMs), thenMs)
  }
  signal('SIGSTOP', PERIOD_MS * (1 - share))
  return () => {
    clearTimeout(timer)
    try {
      process.kill(pid, 'SIGCONT')
    } catch {
      // It has ended.
    }
  }
}
