"""A poll loop with the textbooks' FAULT, for the comparator to refuse. `textbook_poll.py PORT`.

When a peer has finished, its socket is closed and nothing else: the next poll() reports the
descriptor as invalid, and that event cleans up. But the descriptor is free at once. If that poll()
reports the listener as well, accept() gets the same number again, the new peer stands under it,
and the event that was meant for the old one tears the new one down, unanswered.

All else is as in `textbook_poll_fixed.py`.
"""

from textbook_loop import Loop


def close_and_wait_for_the_invalid_event(loop, descriptor):
    loop.sockets[descriptor].close()


Loop(when_finished=close_and_wait_for_the_invalid_event).run()
