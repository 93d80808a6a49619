# SPDX-License-Identifier: Apache-2.0
"""The spool: a file that keeps events which were accepted and are not stored yet, through outages, the
process's end and power cuts."""

import os
from typing import Any, Callable, Dict, NamedTuple, Optional, Union

from . import _native, _structs, errors

MODES = {"on-outage": 1, "always": 2}
POLICIES = {"refuse": 1, "drop-oldest": 2}
REASONS = {1: "dropped_full", 2: "dropped_age", 3: "given_up", 4: "lost", 5: "waiting"}


class SpoolReport(NamedTuple):
    """What became of an event in the spool, or of several that cannot be told one by one."""

    reason: str
    """"dropped_full", "dropped_age", "given_up", "lost", or "waiting", which keeps it."""
    code: str
    """The error that it would have been, "NEXUS_E_NO_STREAM"."""
    events: int
    """Events that this is about; 0: an unknown number."""
    subject: Optional[str]
    """The event's subject."""
    message_id: Optional[str]
    """Its message id, as its receipt gave it."""
    causal_id: Optional[str]
    """Its causal chain."""
    message: str
    """One sentence for a person."""
    accepted_at: Optional[float]
    """When it was accepted, in seconds since 1970."""


OnSpool = Callable[[SpoolReport], None]
"""Told of every event that the spool drops, loses, or cannot send."""


class Spool:
    """A client's spool: Client(spool=Spool("/var/lib/till/events.spool", "always")).

    Args:
        path: The file. None: "<node>.spool" in the client's state_directory.
        mode: "on-outage": when the server is away or does not ack in time. "always": before an
            event is sent; publish() returns once it is safe on disk.
        events: Most events: 1 to 2**40. Default 10,000,000.
        size: Most bytes of these events: 65536 to 2**50. Default 4 GiB.
        age: Seconds after which an event is dropped with a report: 1 to ten years. Default 7 days.
        policy: At the limit: "refuse" (FullError), or "drop-oldest" with a report.
        rate: Events a second of a backlog after connecting; 0: as fast as the server acks.
            Default 10,000.
        duplicate_window: Seconds in which the stream knows a message id again. Default 120.
        on_report: Told of every event that is dropped, lost, or cannot be sent; runs where handlers
            run. What it raises is logged.

    Raises InvalidError here; Client() raises ConflictError when the file is in use, FileError when it
    cannot be written, UnsupportedError in a library that was built without SQLite.
    """

    def __init__(self, path: Union[None, str, "os.PathLike[str]"] = None, mode: str = "on-outage",
                 *, events: int = 0, size: int = 0, age: Optional[float] = None,
                 policy: str = "refuse", rate: Optional[int] = None,
                 duplicate_window: Optional[float] = None,
                 on_report: Optional[OnSpool] = None) -> None:
        if mode not in MODES:
            raise errors.InvalidError(f"is one of {', '.join(MODES)}, not {mode!r}", "spool.mode")
        if policy not in POLICIES:
            raise errors.InvalidError(f"is one of {', '.join(POLICIES)}, not {policy!r}",
                                      "spool.policy")
        self.path = None if path is None else os.fspath(path)
        self.mode, self.policy = mode, policy
        self.events, self.size, self.age = events, size, age
        self.rate, self.duplicate_window = rate, duplicate_window
        self.on_report = on_report

    def _set(self, options: _native.Options, callback: Any) -> None:
        options.set("spool", MODES[self.mode], self.path)
        age = 0 if self.age is None else _native.milliseconds(self.age, "spool.age")
        options.set("spool_limits", self.events, self.size, age, POLICIES[self.policy])
        if self.rate is not None:
            options.set("spool_rate", self.rate)
        if self.duplicate_window is not None:
            options.set("spool_duplicate_window",
                        _native.milliseconds(self.duplicate_window, "spool.duplicate_window"))
        if self.on_report is not None:
            options.set("spool_callback", callback, None)


def read_report(report: _structs.SpoolReport) -> SpoolReport:
    """A report of C as one of Python."""
    return SpoolReport(
        REASONS.get(report.reason, "unknown"),
        _native.optional(_native.lib.nexus_status_name(report.code)) or "", report.count,
        _native.optional(report.subject), _native.optional(report.message_id),
        _native.optional(report.causal_id), _native.optional(report.message) or "",
        report.accepted_at / 1000 if report.accepted_at else None)


def read_stats(stats: _structs.SpoolStats) -> Dict[str, int]:
    """The counters by name."""
    return {name: getattr(stats, name) for name, *_ in stats._fields_[1:]}
