# SPDX-License-Identifier: Apache-2.0
"""Keeping C objects alive exactly as long as somebody may be inside a call on them.

The C library forbids destroying a client while another thread is inside one of its calls. Here every
call is counted, and the end waits for those that are under way.
"""

import os
import threading
import weakref
from typing import Any, Callable, Optional

from . import errors

in_log_callback = threading.local()
"""`.now` is true on a thread of the library that is logging: nothing of the library may be called."""


class Handle:
    """A pointer with the number of calls that use it: `with handle as pointer:`."""

    __slots__ = ("_pointer", "_what", "_users", "_foreign", "_lock", "_idle", "__weakref__")

    def __init__(self, pointer: Any, what: str) -> None:
        self._pointer = pointer
        self._what = what
        self._users = 0
        self._foreign = False  # it belongs to a process that this one was forked from
        self._lock = threading.RLock()  # reentrant, for signal handlers and finalizers
        self._idle: Optional[threading.Condition] = None  # of retire(), while it waits
        _handles.add(self)

    def __enter__(self) -> Any:
        with self._lock:
            if self._foreign:
                raise errors.ForkError(f"the {self._what} was made before fork()", self._what)
            if self._pointer is None:
                raise errors.ClosedError(f"the {self._what} is closed", self._what)
            self._users += 1
            return self._pointer

    def __exit__(self, *_: Any) -> None:
        with self._lock:
            self._users -= 1
            if self._idle is not None:
                self._idle.notify_all()

    @property
    def open(self) -> bool:
        """Whether calls are possible."""
        return self._pointer is not None and not self._foreign

    def retire(self, patience: float) -> Optional[Any]:
        """Ends it: new calls are refused. Returns the pointer once nobody uses it, to be destroyed
        by the caller; None when it was ended before, belongs to a parent process, or is still in
        use after `patience` seconds (it is then left alone for ever)."""
        with self._lock:
            if not self.open:
                return None
            pointer, self._pointer = self._pointer, None
            self._idle = threading.Condition(self._lock)
            idle = self._idle.wait_for(lambda: self._users == 0, patience)
        return pointer if idle else None

    def _after_fork(self) -> None:
        self._foreign = True
        self._lock = threading.RLock()  # another thread of the parent may have held it
        self._idle = None


_handles: "weakref.WeakSet[Handle]" = weakref.WeakSet()
_forks = 0


def forks() -> int:
    """How many forks lie between this process and the first: an object that was made at another
    number belongs to another process. Much cheaper than asking for the process's id."""
    return _forks


def _after_fork_in_child() -> None:
    global _forks
    _forks += 1
    for handle in list(_handles):
        handle._after_fork()


os.register_at_fork(after_in_child=_after_fork_in_child)


def finalize(work: Callable[[], None]) -> None:
    """Does a finalizer's work. The garbage collector may run anywhere, also inside a log callback,
    where the library must not be called: another thread does it then."""
    if getattr(in_log_callback, "now", False):
        threading.Thread(target=work, name="nexus_sdk finalizer", daemon=True).start()
    else:
        work()
