"""A thread for each peer. `threads.py PORT`."""

import threading

from launcelot import converse, listen

listener = listen()
while True:
    try:
        sock, _ = listener.accept()
    except ConnectionAbortedError:
        continue  # It left while it was queued.
    try:
        threading.Thread(target=converse, args=(sock,), daemon=True).start()
    except RuntimeError:
        sock.close()  # There is no room for one more thread.
