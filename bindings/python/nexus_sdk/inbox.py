# SPDX-License-Identifier: Apache-2.0
"""The inbox: what has been handled, so that nothing is handled twice. docs/exactly-once.md has the
whole story. Every subscription has one in memory; one in a file outlives the process:

    with Inbox("/var/lib/crm/inbox.db") as inbox:
        client.subscribe(BookingCreated, booked, inbox=inbox)
"""

import ctypes
import os
from typing import Any, Optional

from . import _native, errors
from .keys import Path


class Inbox:
    """An inbox in a file: handled events are on disk before they are acked. Any number of
    subscriptions, clients and processes may use one file. Any thread.

    Args:
        path: The file; made where it does not exist. Its directory must exist.
        keep: Seconds for which handled events are remembered: 60 to 31536000. Default 30 days.
        power_safe: Whether each one is synced to the disk before it is acked.

    Raises InvalidError, NotFoundError, FileError, DeadlineError, UnsupportedError (the C library
    was built without SQLite).
    """

    def __init__(self, path: Path, keep: int = 30 * 86400, power_safe: bool = False) -> None:
        out = ctypes.c_void_p()
        self._destroy = _native.lib.nexus_inbox_destroy
        _native.call("nexus_inbox_open", _native.text(os.fspath(path), "path"), keep, power_safe,
                     ctypes.byref(out))
        self._pointer: Optional[ctypes.c_void_p] = out

    def _open(self) -> ctypes.c_void_p:
        if self._pointer is None:
            raise errors.ClosedError("the inbox is closed", "inbox")
        return self._pointer

    def close(self) -> None:
        """Gives the handle up; the file is closed when the last subscription that uses it has gone.
        Twice is allowed."""
        pointer, self._pointer = getattr(self, "_pointer", None), None
        if pointer is not None:
            self._destroy(pointer)

    def __enter__(self) -> "Inbox":
        return self

    def __exit__(self, *_: Any) -> None:
        self.close()

    def __del__(self) -> None:
        self.close()
