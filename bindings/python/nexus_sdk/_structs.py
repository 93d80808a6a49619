# SPDX-License-Identifier: Apache-2.0
"""The plain structs of the C library that calls take and give. Each begins with its size, which
tells the library how much of it is known here; none is an event."""

from ctypes import (CFUNCTYPE, POINTER, Structure, c_bool, c_char, c_char_p, c_double, c_int, c_int32,
                    c_int64, c_size_t, c_uint32, c_uint64, c_void_p, sizeof)
from typing import Any, Callable, Type, TypeVar

_S = TypeVar("_S", bound=Structure)


def sized(kind: Type[_S], /, **members: Any) -> _S:
    """A struct with its size and these members set."""
    return kind(sizeof(kind), **members)


def callback(kind: Any) -> Callable[[Callable[..., Any]], Any]:
    """`@callback(LOG)`: a function as C calls it. It must be kept as long as C may."""
    return lambda function: kind(function)


class Error(Structure):
    """struct nexus_error; its layout is frozen."""

    _fields_ = [("code", c_int32), ("flags", c_uint32), ("where", c_char * 120),
                ("message", c_char * 384)]


class Receipt(Structure):
    """struct nexus_receipt; `size` tells the library how much of it is known here."""

    _fields_ = [("size", c_size_t), ("sequence", c_uint64), ("duplicate", c_bool),
                ("stream", c_char * 256), ("message_id", c_char * 128),
                ("causal_id", c_char * 264), ("spooled_at", c_int64)]


STATS_NAMES = (
    "published", "acked", "duplicates", "resent", "failed", "in_flight", "received", "handled",
    "retried", "rejected", "deferred", "queued", "in_hand", "poison", "poison_size", "poison_json",
    "poison_envelope", "poison_tenant", "poison_payload", "poison_channel", "redelivered",
    "schema_drift", "clock_dropped", "connects", "disconnects", "poison_unsigned",
    "poison_malformed", "poison_algorithm", "poison_subject", "poison_message_id",
    "poison_unknown_key", "poison_revoked", "poison_time", "poison_not_allowed",
    "poison_capability", "poison_signature", "poison_replay", "signed_events", "signatures",
    "verified", "verifications", "inbox_duplicates", "inbox_busy", "inbox_uncertain",
    "inbox_errors", "exhausted", "dead_lettered", "dead_letters_failed",
    "workers", "workers_busy", "causal_gaps", "causal_inversions", "causal_held",
    "causal_overdue", "ordered_gaps")


class Stats(Structure):
    """struct nexus_client_stats."""

    _fields_ = [("size", c_size_t)] + [(name, c_uint64) for name in STATS_NAMES]


class SpoolStats(Structure):
    """struct nexus_spool_stats."""

    _fields_ = [("size", c_size_t)] + [(name, c_uint64) for name in (
        "events", "bytes", "appended", "commits", "drained", "dropped_full", "dropped_age",
        "given_up", "lost", "recovered", "marked", "refused", "write_errors",
        "waiting_subjects")] + [("oldest_at", c_int64)]


class SpoolReport(Structure):
    """struct nexus_spool_report."""

    _fields_ = [("size", c_size_t), ("reason", c_int), ("code", c_int), ("count", c_uint64),
                ("subject", c_char_p), ("message_id", c_char_p), ("causal_id", c_char_p),
                ("message", c_char_p), ("accepted_at", c_int64)]


class Poison(Structure):
    """struct nexus_poison."""

    _fields_ = [("size", c_size_t), ("subject", c_char_p), ("stream", c_char_p),
                ("sequence", c_uint64), ("err", POINTER(Error)), ("body", c_void_p),
                ("body_length", c_size_t), ("refusal", c_int)]


class TrustRule(Structure):
    """struct nexus_trust_rule."""

    _fields_ = [("size", c_size_t), ("key_id", c_char_p), ("subjects", POINTER(c_char_p)),
                ("grants", POINTER(c_char_p)), ("not_before", c_int64), ("not_after", c_int64)]


class Grant(Structure):
    """struct nexus_capability_grant."""

    _fields_ = [("size", c_size_t), ("issuer", c_char_p), ("subject", c_char_p),
                ("public_key", c_char_p), ("subjects", POINTER(c_char_p)),
                ("actions", POINTER(c_char_p)), ("not_before", c_int64), ("not_after", c_int64),
                ("id", c_char_p)]


class SignedMessage(Structure):
    """struct nexus_signed_message."""

    _fields_ = [("size", c_size_t), ("subject", c_char_p), ("message_id", c_char_p),
                ("signature", c_char_p), ("capability", c_char_p), ("body", c_char_p),
                ("length", c_size_t), ("stored", c_int64)]


class CheckResult(Structure):
    """struct nexus_check_result."""

    _fields_ = [("size", c_size_t), ("verdict", c_int), ("refusal", c_int),
                ("key_id", c_char * 129)]


class Member(Structure):
    """struct nexus_member."""

    _fields_ = [("size", c_size_t), ("name", c_char_p), ("kind", c_int), ("required", c_bool),
                ("max_length", c_uint32), ("format", c_char_p), ("values", POINTER(c_char_p)),
                ("description", c_char_p), ("example", c_char_p)]


class TestMessage(Structure):
    """struct nexus_test_message."""

    _fields_ = [("size", c_size_t), ("subject", c_char_p), ("body", c_void_p),
                ("length", c_size_t), ("inside", c_void_p)]


class Published(Structure):
    """struct nexus_published."""

    _fields_ = [("size", c_size_t), ("subject", c_char_p), ("channel", c_char_p),
                ("message_id", c_char_p), ("body", c_void_p), ("body_length", c_size_t),
                ("sequence", c_uint64), ("attempts", c_uint64), ("inside", c_void_p)]


class JsonEvent(Structure):
    """The head of struct nexus_json_event; the library only ever adds members behind it."""

    _fields_ = [("size", c_size_t), ("channel", c_char_p), ("payload", c_char_p)]


class Header(Structure):
    """struct nexus_header."""

    _fields_ = [("name", c_char_p), ("value", c_char_p)]


class DeadLetter(Structure):
    """struct nexus_dead_letter."""

    _fields_ = [("size", c_size_t), ("number", c_uint64), ("time", c_int64), ("reason", c_int),
                ("err", POINTER(Error)), ("subject", c_char_p), ("stream", c_char_p),
                ("sequence", c_uint64), ("stored", c_int64), ("consumer", c_char_p),
                ("service", c_char_p), ("deliveries", c_uint64), ("message_id", c_char_p),
                ("body", c_void_p), ("body_length", c_size_t), ("body_missing", c_bool),
                ("header_count", c_size_t), ("headers", POINTER(Header))]


class DeadLetterFilter(Structure):
    """struct nexus_dead_letter_filter; its `from` is `start` here."""

    _fields_ = [("size", c_size_t), ("stream", c_char_p), ("subject", c_char_p),
                ("reason", c_int), ("consumer", c_char_p), ("since", c_int64), ("until", c_int64),
                ("start", c_uint64), ("limit", c_uint64)]


class StreamInfo(Structure):
    """struct nexus_stream_info."""

    _fields_ = [("size", c_size_t)] + [(name, c_uint64) for name in (
        "events", "bytes", "first_sequence", "last_sequence")] + [
        ("first_time", c_int64), ("last_time", c_int64), ("subjects", c_uint64),
        ("consumers", c_uint64), ("replicas", c_uint64), ("memory", c_bool), ("name", c_char * 256)]


class ConsumerInfo(Structure):
    """struct nexus_consumer_info."""

    _fields_ = [("size", c_size_t)] + [(name, c_uint64) for name in (
        "pending", "unsettled", "redelivered", "deliveries", "delivered", "acked", "waiting")] + [
        ("created", c_int64), ("durable", c_bool), ("name", c_char * 256),
        ("filter", c_char * 256)]


LOG = CFUNCTYPE(None, c_int, c_char_p, c_void_p)
STATE = CFUNCTYPE(None, c_void_p, c_int, c_char_p, c_void_p)
SPOOL = CFUNCTYPE(None, c_void_p, POINTER(SpoolReport), c_void_p)
COMPLETION = CFUNCTYPE(None, c_void_p, POINTER(Receipt), POINTER(Error), c_void_p)
HANDLER = CFUNCTYPE(c_int, POINTER(JsonEvent), c_void_p, c_void_p)
SUBSCRIPTION_ERROR = CFUNCTYPE(None, c_void_p, POINTER(Error), c_void_p)
POISON = CFUNCTYPE(None, c_void_p, POINTER(Poison), c_void_p)
DIFFERENCE = CFUNCTYPE(None, c_char_p, c_char_p, c_char_p, c_void_p)
VIOLATION = CFUNCTYPE(None, POINTER(Error), c_void_p)
CONSUMER = CFUNCTYPE(None, POINTER(ConsumerInfo), c_void_p)
DEAD_LETTER = CFUNCTYPE(None, c_void_p, POINTER(DeadLetter), c_void_p)
DEAD_LETTER_VISIT = CFUNCTYPE(c_bool, POINTER(DeadLetter), c_void_p)
PREDICATE = CFUNCTYPE(c_bool, POINTER(TestMessage), c_void_p)


class Fault(Structure):
    """struct nexus_fault."""

    _fields_ = [("size", c_size_t), ("kind", c_int32), ("point", c_int32), ("subject", c_char_p),
                ("predicate", PREDICATE), ("data", c_void_p), ("skip", c_uint64),
                ("count", c_uint64), ("probability", c_double), ("seed", c_uint64),
                ("delay_ms", c_int64), ("byte", c_uint64)]
