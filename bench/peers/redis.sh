#!/bin/sh
# Redis with the three answers in it, keeping nothing: `redis.sh PORT`. Ends by a signal.
#
# A first Redis, on a socket in a folder that nobody else can see, takes the answers and leaves them
# in a file; the second one, which this becomes, has them before anybody can ask.
set -eu
port=$1
folder=$(mktemp -d)
first=
trap 'rm -rf "$folder"' EXIT
trap 'kill $first; exit 1' INT TERM

redis-server --port 0 --unixsocket "$folder/socket" --dir "$folder" --save '' --logfile /dev/null &
first=$!
until redis-cli -s "$folder/socket" PING >/dev/null 2>&1; do
  kill -0 "$first"
  sleep 0.02
done
redis-cli -s "$folder/socket" >/dev/null <<'ANSWERS'
SET name "My name is Sir Lancelot of Camelot."
SET quest "To seek the Holy Grail."
SET color "Blue."
SHUTDOWN SAVE
ANSWERS
wait "$first"

# The file is read from a descriptor, for the folder is gone when the server is there.
mv "$folder/dump.rdb" "$folder/answers.rdb"
exec 9<"$folder/answers.rdb"
rm -rf "$folder"
trap - EXIT INT TERM
exec redis-server --port "$port" --bind 127.0.0.1 --dir /proc/self/fd --dbfilename 9 --save '' \
  --appendonly no --io-threads 1 --tcp-backlog 1024 --protected-mode no --logfile /dev/null
