#!/bin/sh
# nginx's stream module with its own JavaScript, which is in nginx.js: `nginx.sh PORT`. Ends by a
# signal.
set -eu
port=$1
peers=$(cd "$(dirname "$0")" && pwd)
folder=$(mktemp -d)
modules=/usr/lib/nginx/modules

{
  for name in ngx_stream_module ngx_stream_js_module; do
    if [ -e "$modules/$name.so" ]; then echo "load_module $modules/$name.so;"; fi
  done
  cat <<CONFIG
daemon off;
master_process off;
worker_rlimit_nofile 20000;
pid /proc/self/fd/8;
error_log /dev/null;
events { worker_connections 20000; }
stream {
  js_path "$peers";
  js_import nginx.js;
  server {
    listen 127.0.0.1:$port backlog=1024;
    js_filter nginx.answer;
    proxy_pass 127.0.0.2:$port;
    proxy_timeout 1d;
  }
  server {
    listen 127.0.0.2:$port backlog=1024;
    js_preread nginx.hold;
    preread_timeout 1d;
    return "";
  }
}
CONFIG
} >"$folder/nginx.conf"
# Both files are held by descriptors, for the folder is gone when nginx is there.
exec 8<>"$folder/pid" 9<"$folder/nginx.conf"
rm -rf "$folder"
exec nginx -e /dev/null -p / -c /proc/self/fd/9
