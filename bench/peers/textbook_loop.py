"""A poll loop in the manner of the textbooks, for two programs that differ in how they forget.

Dictionaries by descriptor, one event for each descriptor, an answer sent when poll() says that it
can be. What a program does when a peer has finished sending is the argument: see `textbook_poll.py`
and `textbook_poll_fixed.py`, and compare `poll.py`.
"""

import select
import socket

from launcelot import PIECE_BYTES_MAX, Conversation, listen

GONE = select.POLLHUP | select.POLLERR | select.POLLNVAL


class Loop:
    def __init__(self, when_finished):
        self.when_finished = when_finished
        self.listener = listen()
        self.sockets = {self.listener.fileno(): self.listener}
        self.conversations = {}
        self.unsent = {}
        self.poller = select.poll()
        self.poller.register(self.listener, select.POLLIN)

    def run(self):
        while True:
            for descriptor, event in self.poller.poll():
                try:
                    self.handle(descriptor, event)
                except OSError:
                    self.forget(descriptor)  # The peer reset the connection.

    def handle(self, descriptor, event):
        sock = self.sockets[descriptor]
        if event & GONE:
            self.forget(descriptor)
        elif sock is self.listener:
            self.accept()
        elif event & select.POLLIN:
            self.read(descriptor, sock)
        else:
            self.write(descriptor, sock)

    def accept(self):
        try:
            sock, _ = self.listener.accept()
        except ConnectionAbortedError:
            return  # It left while it was queued.
        sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, True)
        sock.setblocking(False)
        descriptor = sock.fileno()
        self.sockets[descriptor] = sock
        self.conversations[descriptor] = Conversation()
        self.unsent[descriptor] = b""
        self.poller.register(descriptor, select.POLLIN)

    def read(self, descriptor, sock):
        piece = sock.recv(PIECE_BYTES_MAX)
        if not piece:
            self.when_finished(self, descriptor)
            return
        conversation = self.conversations[descriptor]
        self.unsent[descriptor] = conversation.take(piece)
        if self.unsent[descriptor]:
            self.poller.modify(descriptor, select.POLLOUT)
        elif conversation.is_over:
            self.forget(descriptor)

    def write(self, descriptor, sock):
        sent = sock.send(self.unsent[descriptor])
        self.unsent[descriptor] = self.unsent[descriptor][sent:]
        if self.unsent[descriptor]:
            return
        if self.conversations[descriptor].is_over:
            self.forget(descriptor)
        else:
            self.poller.modify(descriptor, select.POLLIN)

    def forget(self, descriptor):
        """Watches the descriptor no longer, and only then closes it."""
        self.poller.unregister(descriptor)
        del self.conversations[descriptor], self.unsent[descriptor]
        self.sockets.pop(descriptor).close()
