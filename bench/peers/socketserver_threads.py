"""The standard library's threading server. `socketserver_threads.py PORT`."""

import socketserver

from launcelot import BACKLOG, allow_many_connections, converse, port_argument


class Handler(socketserver.BaseRequestHandler):
    def handle(self):
        converse(self.request)


class Server(socketserver.ThreadingTCPServer):
    allow_reuse_address = True
    daemon_threads = True
    request_queue_size = BACKLOG


allow_many_connections()
with Server(("127.0.0.1", port_argument()), Handler) as server:
    server.serve_forever()
