# SPDX-License-Identifier: Apache-2.0
"""Events that were given up on: what they were, and sending them back.

    for letter in list_letters(client, reason="rejected"):
        print(letter.subject, letter.error)
        retry_letter(client, letter.number)

nexus/dead_letter.h has the whole of it. Threads: any, but not from inside a handler; each call
blocks for at most 40 s.
"""

import ctypes
from typing import Any, List, Optional

from . import _native, _structs, errors
from ._base import Connection
from .publishing import Receipt, receipt_of
from .subscription import DeadLetter, REASONS, letter_of

__all__ = ["DeadLetter", "delete_letter", "list_letters", "retry_letter"]


def list_letters(client: Connection, *, stream: Optional[str] = None,
                 subject: Optional[str] = None, reason: Optional[str] = None,
                 consumer: Optional[str] = None, since: int = 0, until: int = 0, start: int = 0,
                 limit: int = 0) -> List[DeadLetter]:
    """The dead letters that fit, oldest first: those that are there when it begins.

    Args:
        stream: The stream of dead letters. Default "NEXUS_DLQ".
        subject: Of this subject, wildcards allowed.
        reason: "rejected", "exhausted" or "poison".
        consumer: Given up by this durable consumer.
        since, until: Given up in this time: nanoseconds since 1970; 0: any.
        start: Beginning with this number.
        limit: At most so many; 0: all.

    Raises InvalidError, NotFoundError, ForbiddenError, DeadlineError, StreamError, ClosedError.
    """
    found: List[DeadLetter] = []
    failures: List[BaseException] = []

    @_structs.callback(_structs.DEAD_LETTER_VISIT)
    def visit(letter: Any, _: Any) -> bool:
        try:
            found.append(letter_of(letter.contents))
        except BaseException as error:
            failures.append(error)
        return not failures

    if reason is not None and reason not in REASONS:
        raise errors.InvalidError(f"is one of {', '.join(REASONS[1:])}, not {reason!r}", "reason")
    wanted = _structs.sized(
        _structs.DeadLetterFilter, stream=_native.text(stream, "stream"),
        subject=_native.text(subject, "subject"),
        reason=0 if reason is None else REASONS.index(reason),
        consumer=_native.text(consumer, "consumer"), since=since, until=until, start=start,
        limit=limit)
    with client._use() as pointer:
        _native.call("nexus_dead_letters", pointer, ctypes.byref(wanted), visit, None, None)
    if failures:
        raise failures[0]
    return found


def retry_letter(client: Connection, number: int, *, stream: Optional[str] = None,
                 dry_run: bool = False, keep: bool = False, new_id: bool = False,
                 any_subject: bool = False) -> Receipt:
    """Sends the event of a dead letter to its subject again, byte for byte, and when it is stored
    removes the letter.

    Args:
        number: The letter's number.
        stream: The stream of dead letters. Default "NEXUS_DLQ".
        dry_run: Only say whether it could be sent.
        keep: Leave the letter where it is.
        new_id: Send it under a fresh message id; not for signed events.
        any_subject: Send it even where its subject is not the letter's own.

    Raises ReplayError (the stream remembers its message id: try later), TenantError, NotFoundError,
    JsonError, SignatureError and those of a publish.
    """
    flags = (1 if dry_run else 0) | (2 if keep else 0) | (4 if new_id else 0)
    flags |= 8 if any_subject else 0
    receipt = _structs.sized(_structs.Receipt)
    with client._use() as pointer:
        _native.call("nexus_dead_letter_retry", pointer, _native.text(stream, "stream"), number,
                     flags, ctypes.byref(receipt))
    return receipt_of(receipt)


def delete_letter(client: Connection, number: int, *, stream: Optional[str] = None) -> None:
    """Removes one dead letter for good. NotFoundError when it is not there."""
    with client._use() as pointer:
        _native.call("nexus_dead_letter_delete", pointer, _native.text(stream, "stream"), number)
