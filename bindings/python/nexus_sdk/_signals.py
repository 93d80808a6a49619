# SPDX-License-Identifier: Apache-2.0
"""Ctrl-C while the library runs callbacks.

Python raises KeyboardInterrupt between any two steps of the main thread, also at the first step of a
callback that C has called, where nothing could catch it and ctypes would drop it. So during a
dispatch the exception is raised only inside of handlers and otherwise noted, and raised when C has
returned.
"""

import select
import signal
import socket
import threading
from typing import Any, List, Optional

SLICE = 0.25
"""Seconds of the longest wait without a look at what was asked for, for when another owner has the
signal wakeup descriptor."""


class Interrupts:
    """`with Interrupts() as interrupts:` around everything that dispatches."""

    def __init__(self) -> None:
        self.pending: Optional[BaseException] = None
        self._raising = False
        self._main = False
        self._before: Any = None
        self._wakeup: Any = None

    def __enter__(self) -> "Interrupts":
        if (threading.current_thread() is threading.main_thread()
                and signal.getsignal(signal.SIGINT) is signal.default_int_handler):
            self._main = True
            self._before = signal.signal(signal.SIGINT, self._interrupted)
        return self

    def __exit__(self, kind: Any, *_: Any) -> None:
        if self._main:
            signal.signal(signal.SIGINT, self._before)
        if self._wakeup:
            signal.set_wakeup_fd(-1)
            for end in self._wakeup:
                end.close()
        if kind is None:
            self.check()

    def check(self) -> None:
        """Raises what was noted."""
        pending, self.pending = self.pending, None
        if pending is not None:
            raise pending

    def _interrupted(self, *_: Any) -> None:
        if self._raising:
            raise KeyboardInterrupt
        self.pending = KeyboardInterrupt()

    def raising(self, yes: bool) -> None:
        """Whether Ctrl-C is raised at once: inside of a handler, and of nothing else."""
        if self._main:
            self._raising = yes

    def wait(self, descriptor: int, seconds: float) -> bool:
        """Waits until the descriptor is readable, a signal comes, or the time is over; at most a
        slice. Whether the descriptor is readable."""
        watched: List[Any] = [descriptor]
        if self._main and self._wakeup is None:
            self._wakeup = self._watch_signals()
        if self._wakeup:
            watched.append(self._wakeup[0])
        if self.pending is not None:
            return False
        poll = select.poll()
        for one in watched:
            poll.register(one, select.POLLIN)
        ready = [fd for fd, _ in poll.poll(max(0.0, min(seconds, SLICE)) * 1000)]
        if self._wakeup and self._wakeup[0].fileno() in ready:
            self._wakeup[0].recv(4096)
        return descriptor in ready

    @staticmethod
    def _watch_signals() -> Any:
        reading, writing = socket.socketpair()
        reading.setblocking(False)
        writing.setblocking(False)
        before = signal.set_wakeup_fd(writing.fileno(), warn_on_full_buffer=False)
        if before == -1:
            return reading, writing
        signal.set_wakeup_fd(before, warn_on_full_buffer=False)
        reading.close()
        writing.close()
        return False
