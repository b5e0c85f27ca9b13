"""One peer after the other, on one thread: who comes meanwhile waits. `one_at_a_time.py PORT`."""

from launcelot import converse, listen

listener = listen()
while True:
    try:
        sock, _ = listener.accept()
    except ConnectionAbortedError:
        continue  # It left while it was queued.
    converse(sock)
