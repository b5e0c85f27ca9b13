"""Clients that connect, ask, and close without a pause; counts the conversations that were lost.

`churn.py PORT [CLIENTS] [SECONDS] [QUESTIONS]`: by default 8 clients, 4 seconds, one question. Each
client is a process. Shows the fault of `textbook_poll.py` on a machine of two CPUs or more.
"""

import multiprocessing
import socket
import sys
import time

from launcelot import ANSWERS

PAIRS = [(question + b"?", answer) for question, answer in ANSWERS.items()]
# An answer that takes longer than this will not come.
HUNG_S = 2


def converse(port, questions):
    """One conversation; returns how it ended."""
    try:
        with socket.create_connection(("127.0.0.1", port), HUNG_S) as sock:
            sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, True)
            for number in range(questions):
                question, expected = PAIRS[number % len(PAIRS)]
                sock.sendall(question)
                received = b""
                while len(received) < len(expected):
                    piece = sock.recv(4096)
                    if not piece:
                        return "lost"
                    received += piece
                if received != expected:
                    return "wrong"
    except TimeoutError:
        return "hung"
    except OSError:
        return "lost"
    return "answered"


def churn(port, seconds, questions):
    """Conversations until the time is up; returns how many ended in which way."""
    counts = {"answered": 0, "lost": 0, "wrong": 0, "hung": 0}
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        counts[converse(port, questions)] += 1
    return counts


def main():
    port, clients, seconds, questions = map(
        int, sys.argv[1:] + ["8", "4", "1"][len(sys.argv) - 2 :]
    )
    with multiprocessing.Pool(clients) as pool:
        counts = pool.starmap(churn, [(port, seconds, questions)] * clients, chunksize=1)
    totals = {name: sum(count[name] for count in counts) for name in counts[0]}
    total = sum(totals.values())
    share = 100 * (total - totals["answered"]) / max(total, 1)
    print(f"{total} conversations: {totals}, {share:.2f} % not answered")


if __name__ == "__main__":
    main()
