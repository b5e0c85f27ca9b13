"""The poll loop of `textbook_poll.py` without its fault. `textbook_poll_fixed.py PORT`."""

from textbook_loop import Loop

Loop(when_finished=Loop.forget).run()
