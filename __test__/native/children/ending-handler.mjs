/** A handler that lets a life end once it was asked often enough, with answers still on their way. */

/** Ends within the doorbell's call or, where `isWithin` says no, after it. */
export function endingHandler(requests, isWithin, end) {
  let asked = 0
  return () => {
    asked += 1
    if (asked === requests) {
      if (isWithin) end()
      else setImmediate(end)
    }
    return asked % 3 === 0 ? Promise.resolve('a') : 'a'
  }
}
