# SPDX-License-Identifier: Apache-2.0
"""The inbox: what has been handled, so that nothing is handled twice. nexus/inbox.h has the
whole story. Every subscription has one in memory; one in a file outlives the process:

    with Inbox("/var/lib/crm/inbox.db") as inbox:
        client.subscribe(BookingCreated, booked, inbox=inbox)

And where the handler writes into a database of sqlite3, the claim stands in its transaction, so that
claim and effect stand or fall together:

    def booked(event, delivery):
        with database:                          # commits, or rolls back after an exception
            database.execute("BEGIN IMMEDIATE")
            if claim(database, delivery):
                database.execute("INSERT INTO bookings …")
"""

import ctypes
import hashlib
import os
import time
from typing import TYPE_CHECKING, Any, Optional, Tuple

from . import _native, errors
from .delivery import Delivery
from .keys import Path

if TYPE_CHECKING:
    import sqlite3

_TABLE = "nexus_inbox_v1"


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


# -------- claims in the application's own transaction, by way of the sqlite3 module --------


def create(database: "sqlite3.Connection") -> None:
    """Creates the inbox's table in a database of the application, where it is not there yet. It is
    the one that programs in C use (nexus/inbox.h). Raises what sqlite3 does."""
    database.execute(
        f"CREATE TABLE IF NOT EXISTS {_TABLE} (consumer TEXT NOT NULL, tenant TEXT NOT NULL, "
        "message_id TEXT NOT NULL, handled_at INTEGER NOT NULL, "
        "PRIMARY KEY (consumer, tenant, message_id)) WITHOUT ROWID")
    database.execute(f"CREATE INDEX IF NOT EXISTS {_TABLE}_time ON {_TABLE} (handled_at)")


def claim(database: "sqlite3.Connection", delivery: Delivery) -> bool:
    """Claims a delivery for the transaction that is open on `database`: True, apply the event and
    commit; False, it was handled before: change nothing and return ACK. Call it before the event's
    effects, inside of BEGIN IMMEDIATE. StateError when no transaction is open; else raises what
    sqlite3 does, after which the transaction should be rolled back and the event retried."""
    if not database.in_transaction:
        raise errors.StateError("no transaction is open: BEGIN first, so that the claim and the "
                                "event's effects are committed together", "database")
    done = database.execute(
        f"INSERT INTO {_TABLE} (consumer, tenant, message_id, handled_at) VALUES (?, ?, ?, ?) "
        "ON CONFLICT DO NOTHING", (*_name(delivery), int(time.time())))
    return done.rowcount == 1


def expire(database: "sqlite3.Connection", seconds: int, limit: int = 1000) -> int:
    """Forgets events that were handled more than `seconds` ago, oldest first, at most `limit` of
    them. Returns how many there were. Keep them for longer than the stream does."""
    return database.execute(
        f"DELETE FROM {_TABLE} WHERE (consumer, tenant, message_id) IN (SELECT consumer, tenant, "
        f"message_id FROM {_TABLE} WHERE handled_at < ? ORDER BY handled_at LIMIT ?)",
        (int(time.time()) - seconds, limit)).rowcount


def _name(delivery: Delivery) -> Tuple[str, str, str]:
    """What the table knows an event by; the C library does the same."""
    system = delivery.subject.startswith("nexus._core.")
    identifier = delivery.message_id
    if not identifier:
        identifier = f"@{delivery.stream}:{delivery.sequence}:{delivery.time}"
    elif len(identifier.encode()) > 255:
        identifier = "#" + hashlib.blake2b(identifier.encode(), digest_size=32).hexdigest()
    return delivery.consumer, "" if system else delivery.tenant or "", identifier
