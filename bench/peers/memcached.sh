#!/bin/sh
# memcached with the three answers in it, on one thread: `memcached.sh PORT`. Ends by a signal.
#
# A first memcached, on a socket in a folder that nobody else can see, takes the answers and leaves
# its memory in a file; the second one, which this becomes, has them before anybody can ask.
set -eu
port=$1
folder=$(mktemp -d /dev/shm/launcelot.XXXXXX)
first=
trap 'rm -rf "$folder"' EXIT
trap 'kill $first; exit 1' INT TERM

# It refuses to be root, unless it is told that it may.
if [ "$(id -u)" = 0 ]; then user='-u root'; else user=''; fi
start="memcached $user -t 1 -m 64 -c 20000 -b 1024 -U 0 -e $folder/memory"

$start -s "$folder/socket" 2>/dev/null &
first=$!
until [ -S "$folder/socket" ]; do
  kill -0 "$first"
  sleep 0.02
done
node --input-type=module - "$folder/socket" <<'ANSWERS'
import { once } from 'node:events'
import { connect } from 'node:net'

const answers = {
  name: 'My name is Sir Lancelot of Camelot.',
  quest: 'To seek the Holy Grail.',
  color: 'Blue.',
}
const socket = connect(process.argv[2]).setEncoding('latin1')
for (const [key, answer] of Object.entries(answers)) {
  socket.write(`set ${key} 0 0 ${answer.length}\r\n${answer}\r\n`)
  const [stored] = await once(socket, 'data')
  if (stored !== 'STORED\r\n') throw new Error(`memcached did not store ${key}: ${stored}`)
}
socket.destroy()
ANSWERS
kill -USR1 "$first"
wait "$first"
# It does not take up a file of the same second.
sleep 1.1

# The folder goes once the file in it was taken up. Nobody's child, so that nobody counts it.
(
  (
    while [ -e "$folder/memory.meta" ]; do sleep 0.1; done
    rm -rf "$folder"
  ) >/dev/null 2>&1 &
)
trap - EXIT INT TERM
exec $start -l 127.0.0.1 -p "$port" 2>/dev/null
