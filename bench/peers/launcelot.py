"""The Launcelot protocol, for every peer in Python: bytes in, bytes out, and a listener.

Does no I/O but to open the listener: each peer shows its own way of moving bytes.
"""

import resource
import socket
import sys

ANSWERS = {
    b"What is your name": b"My name is Sir Lancelot of Camelot.",
    b"What is your quest": b"To seek the Holy Grail.",
    b"What is your favorite color": b"Blue.",
}
UNKNOWN_ANSWER = b"Error: unknown question."
DELIMITER = b"?"
QUESTION_BYTES_MAX = 16_384
PIECE_BYTES_MAX = 65_536
BACKLOG = 1024


class Conversation:
    """Cuts what one peer sends into questions and answers them, however the stream was cut."""

    __slots__ = ("rest", "is_over")

    def __init__(self):
        self.rest = b""
        # A question was too long: send the answers that are owed, and close.
        self.is_over = False

    def take(self, piece):
        """Returns the answers to all questions that this piece completes, joined."""
        stream = self.rest + piece
        *questions, self.rest = stream.split(DELIMITER)
        if len(stream) > QUESTION_BYTES_MAX:
            questions = self._until_too_long(questions)
        return b"".join([ANSWERS.get(question, UNKNOWN_ANSWER) for question in questions])

    def _until_too_long(self, questions):
        for index, question in enumerate(questions):
            if len(question) > QUESTION_BYTES_MAX:
                self.is_over = True
                return questions[:index]
        self.is_over = len(self.rest) > QUESTION_BYTES_MAX
        return questions


def port_argument():
    """The port that the program was given, its one argument."""
    if len(sys.argv) != 2 or not sys.argv[1].isdigit():
        sys.exit(f"usage: python3 {sys.argv[0]} PORT")
    return int(sys.argv[1])


def allow_many_connections():
    """Raises the limit of descriptors as far as this process may."""
    _, most = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (most, most))


def listen():
    """Listens on 127.0.0.1, on the port that the program was given."""
    allow_many_connections()
    return socket.create_server(("127.0.0.1", port_argument()), backlog=BACKLOG)


def converse(sock):
    """A whole conversation over a blocking socket. Whatever the peer does, it returns."""
    conversation = Conversation()
    with sock:
        try:
            sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, True)
            while not conversation.is_over and (piece := sock.recv(PIECE_BYTES_MAX)):
                answers = conversation.take(piece)
                if answers:
                    sock.sendall(answers)
        except OSError:
            pass  # The peer is gone, and with it whom we could tell.
