#!/bin/sh
# nginx's stream module, which says one answer to whoever connects, and closes: `nginx.sh PORT`.
#
# It cannot be asked, so it is no contestant; README.md says how to measure it. Ends by a signal.
set -eu
port=$1
folder=$(mktemp -d)
module=/usr/lib/nginx/modules/ngx_stream_module.so

{
  if [ -e "$module" ]; then echo "load_module $module;"; fi
  cat <<CONFIG
daemon off;
master_process off;
worker_rlimit_nofile 20000;
pid /proc/self/fd/8;
error_log /dev/null;
events { worker_connections 10000; }
stream {
  server {
    listen 127.0.0.1:$port backlog=1024;
    return "To seek the Holy Grail.";
  }
}
CONFIG
} >"$folder/nginx.conf"
# Both files are held by descriptors, for the folder is gone when nginx is there.
exec 8<>"$folder/pid" 9<"$folder/nginx.conf"
rm -rf "$folder"
exec nginx -e /dev/null -p / -c /proc/self/fd/9
