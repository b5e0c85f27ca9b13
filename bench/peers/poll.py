"""One thread around poll(), level-triggered. `poll.py PORT`.

A peer is watched for reading, or, while it has not taken all its answers, for writing alone: so
whoever does not read is not read from, and its end is seen when it has got everything.
"""

import select
import socket

from launcelot import PIECE_BYTES_MAX, Conversation, listen


class Peer:
    __slots__ = ("sock", "conversation", "unsent")

    def __init__(self, sock):
        self.sock = sock
        self.conversation = Conversation()
        self.unsent = b""


def accept():
    try:
        sock, _ = listener.accept()
    except (BlockingIOError, ConnectionAbortedError):
        return  # It left while it was queued.
    sock.setblocking(False)
    sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, True)
    peers[sock.fileno()] = Peer(sock)
    poller.register(sock, select.POLLIN)


def read(peer):
    piece = peer.sock.recv(PIECE_BYTES_MAX)
    if not piece:
        forget(peer)
        return
    peer.unsent = peer.conversation.take(piece)
    if peer.unsent:
        write(peer)
        if peer.unsent:
            poller.modify(peer.sock, select.POLLOUT)
            return
    if peer.conversation.is_over:
        forget(peer)


def write(peer):
    try:
        sent = peer.sock.send(peer.unsent)
    except BlockingIOError:
        return
    peer.unsent = peer.unsent[sent:]


def write_rest(peer):
    write(peer)
    if peer.unsent:
        return
    if peer.conversation.is_over:
        forget(peer)
    else:
        poller.modify(peer.sock, select.POLLIN)


def forget(peer):
    """No longer watched before the descriptor is free: nothing stale can meet its next owner."""
    del peers[peer.sock.fileno()]
    poller.unregister(peer.sock)
    peer.sock.close()


listener = listen()
listener.setblocking(False)
peers = {}
poller = select.poll()
poller.register(listener, select.POLLIN)

while True:
    for descriptor, event in poller.poll():
        if descriptor == listener.fileno():
            accept()
            continue
        peer = peers[descriptor]
        try:
            if peer.unsent:
                write_rest(peer)
            else:
                read(peer)
        except BlockingIOError:
            pass  # Nothing is there after all.
        except OSError:
            forget(peer)  # The peer reset the connection.
