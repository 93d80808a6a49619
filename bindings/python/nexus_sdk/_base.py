# SPDX-License-Identifier: Apache-2.0
"""What the client and its asynchronous twin share: the options, and all that never waits."""

import ctypes
import json
from typing import TYPE_CHECKING, Any, Callable, Dict, List, NamedTuple, Optional, Union

from . import _native, _structs, errors
from ._connect import choice, connect
from ._loop import Loop, spool_reported, state_changed
from .keys import Signer, Trust
from .spool import Spool, read_stats
from .subscription import START, Subscription, data_of, deliver, died, poisoned, report

if TYPE_CHECKING:
    from . import testing

_PROVISIONED = {1: "created", 2: "unchanged", 3: "missing", 4: "changed", 5: "different"}
DEAD_LETTERS = {"store": 1, "report": 2}


class Difference(NamedTuple):
    """One difference between the stream that exists and what is asked for."""

    member: str
    """Its name in JetStream's configuration, "num_replicas"."""
    actual: Any
    """What it is."""
    wanted: Any
    """What it should be."""


class Connection(Loop):
    """A client, whether connected or not yet."""

    def __init__(self, url: Optional[str] = None, service: Optional[str] = None,
                 node: Optional[str] = None, *, stream: Optional[str] = None,
                 credentials_file: Optional[str] = None, nkey_file: Optional[str] = None,
                 user: Optional[str] = None, password: Optional[str] = None,
                 token: Optional[str] = None, tls: Union[None, bool, str] = None,
                 tls_certificate: Optional[str] = None, tls_key: Optional[str] = None,
                 inbox_prefix: Optional[str] = None, api_prefix: Optional[str] = None,
                 state_directory: Optional[str] = None,
                 connect_timeout: Optional[float] = None, publish_deadline: Optional[float] = None,
                 ack_timeout: Optional[float] = None, window_events: Optional[int] = None,
                 window_bytes: Optional[int] = None, max_body: Optional[int] = None,
                 causal_id_width: Optional[int] = None, clock_limit: Optional[int] = None,
                 wait_for_connection: Optional[bool] = None,
                 signer: Union[None, str, Signer] = None,
                 signer_key_id: Optional[str] = None, signing: str = "auto",
                 trust: Union[None, str, Trust] = None, trust_policy: str = "require",
                 capability: Optional[str] = None, spool: Optional[Spool] = None,
                 log_level: Optional[int] = None,
                 on_state: Optional[Callable[[str, Optional[str]], None]] = None) -> None:
        self._given = {name: value for name, value in locals().items()
                       if name not in ("self", "__class__")}
        super().__init__(steps_time=(url or "").startswith("memory:"))
        self._on_state = on_state
        self._on_spool = None if spool is None else spool.on_report
        self._private = url == "memory:"
        self._ready()

    def _ready(self) -> None:
        """The options are known."""

    def _open(self) -> None:
        self._connected(connect(self._given, state_changed, spool_reported))
        self._given = {}  # with the secrets in it

    @property
    def state(self) -> str:
        """"connecting", "connected", "reconnecting" or "closed"."""
        try:
            with self._use() as pointer:
                state = _native.lib.nexus_client_state(pointer)
        except errors.ClosedError:
            return "closed"
        return _native.optional(_native.lib.nexus_client_state_name(state)) or ""

    def stats(self) -> Dict[str, int]:
        """The counters by name; nexus/client.h says what each one counts."""
        stats = _structs.Stats(size=ctypes.sizeof(_structs.Stats))
        with self._use() as pointer:
            _native.call("nexus_client_stats", pointer, ctypes.byref(stats))
        return {name: getattr(stats, name) for name in _structs.STATS_NAMES}

    def spool_stats(self) -> Dict[str, int]:
        """The spool's counters by name; nexus/spool.h says what each one counts. All are 0 without
        a spool. `oldest_at` is in milliseconds since 1970."""
        stats = _structs.SpoolStats(size=ctypes.sizeof(_structs.SpoolStats))
        with self._use() as pointer:
            _native.call("nexus_client_spool_stats", pointer, ctypes.byref(stats))
        return read_stats(stats)

    def _text(self, function: str) -> str:
        out = ctypes.c_void_p()
        with self._use() as pointer:
            _native.call(function, pointer, ctypes.byref(out))
        return _native.take_text(out)

    def statistics(self) -> Dict[str, Any]:
        """More than stats(): `service`, `node`, `state`, the counters, and `channels`, which has for
        each channel its own counts and the spans of time `publish` and `handle` in microseconds."""
        found: Dict[str, Any] = json.loads(self._text("nexus_client_stats_json"))
        return found

    def prometheus(self) -> str:
        """The same in Prometheus' text format, for an endpoint `/metrics`."""
        return self._text("nexus_client_stats_prometheus")

    def vector_clock(self) -> Dict[str, int]:
        """This client's vector clock: events counted by node."""
        clock: Dict[str, int] = json.loads(self._text("nexus_client_vector_clock"))
        return clock

    def memory_bus(self) -> "testing.Bus":
        """The bus in memory that it is on, for tests. UnsupportedError when it is on a server."""
        from . import testing
        return testing.Bus.of(self)

    # -------- waiting, for both kinds of clients to wrap --------

    def _subscribe(self, subscription: Subscription, tenant: Optional[str],
                   options: Dict[str, Any]) -> Subscription:
        data, out = data_of(subscription), ctypes.c_void_p()
        channel = None if subscription.event is None else subscription.event.CHANNEL
        with self._use() as pointer, _native.Options("subscribe") as c_options:
            _set_subscribe_options(c_options, options, subscription)
            self._subscriptions.append(subscription)  # C knows it from here on
            try:
                _native.call("nexus_subscribe_json", pointer, _native.text(channel, "event"),
                             _native.text(tenant, "tenant"), deliver, data, c_options.pointer,
                             ctypes.byref(out))
            except BaseException:
                self._forget(subscription)
                raise
            subscription._started(out)
        return subscription

    def _provision(self, options: Dict[str, Any]) -> str:
        result = ctypes.c_int()
        differences: List[Difference] = []

        @_structs.callback(_structs.DIFFERENCE)
        def differs(member: bytes, actual: bytes, wanted: bytes, _: Any) -> None:
            differences.append(Difference(member.decode(), json.loads(actual), json.loads(wanted)))

        with self._use() as pointer, _native.Options("provision") as c_options:
            _set_provision_options(c_options, options)
            c_options.set("difference_callback", differs, None)
            try:
                _native.call("nexus_provision", pointer, c_options.pointer, ctypes.byref(result))
            except errors.ConflictError as error:
                error.differences = tuple(differences)
                raise
        return _PROVISIONED[result.value]

    def _delete_durable(self, durable: str, stream: Optional[str]) -> None:
        with self._use() as pointer:
            _native.call("nexus_delete_durable", pointer, _native.text(stream, "stream"),
                         _native.text(durable, "durable"))


_SUBSCRIBE: Dict[str, Any] = {
    "durable": None, "stream": None, "start": None, "start_at": 0, "ack_wait": None,
    "max_deliver": None, "retry_delay": None, "queue_messages": None, "queue_bytes": None,
    "inbox": None, "inbox_events": None, "inbox_seconds": None, "on_error": "retry",
    "on_poison": None, "on_dead_letter": None, "backoff": None, "jitter": 0,
    "dead_letters": None}


def subscribe_options(options: Dict[str, Any]) -> Dict[str, Any]:
    """All options of a subscription; TypeError for one that is not known."""
    unknown = options.keys() - _SUBSCRIBE.keys()
    if unknown:
        raise TypeError(f"subscribe() has no argument {sorted(unknown)[0]!r}")
    return {**_SUBSCRIBE, **options}


def _set_subscribe_options(c_options: _native.Options, options: Dict[str, Any],
                           subscription: Subscription) -> None:
    for name in ("durable", "stream", "max_deliver"):
        if options.get(name) is not None:
            c_options.set(name, options[name])
    for name in ("ack_wait", "retry_delay"):
        if options.get(name) is not None:
            c_options.set(name, _native.milliseconds(options[name], name))
    if options.get("start") is not None:
        c_options.set("start", choice(START, options["start"], "start"), options["start_at"])
    messages, size = options.get("queue_messages"), options.get("queue_bytes")
    if messages is not None or size is not None:
        c_options.set("queue", 1024 if messages is None else messages,
                      8 << 20 if size is None else size)
    events, seconds = options.get("inbox_events"), options.get("inbox_seconds")
    if events is not None or seconds is not None:
        c_options.set("inbox_memory", 65536 if events is None else events,
                      3600 if seconds is None else round(seconds))
    if options.get("inbox") is not None:
        c_options.set("inbox", options["inbox"]._open())
    if options.get("backoff") is not None:
        delays = [_native.milliseconds(seconds, "backoff") for seconds in options["backoff"]]
        c_options.set("backoff", (ctypes.c_int64 * len(delays))(*delays), len(delays),
                      options["jitter"])
    if options.get("dead_letters") is not None:
        c_options.set("dead_letters", choice(DEAD_LETTERS, options["dead_letters"], "dead_letters"))
    if subscription.on_dead_letter is not None:
        c_options.set("dead_letter_callback", died, data_of(subscription))
    c_options.set("error_callback", report, data_of(subscription))
    if subscription.on_poison is not None:
        c_options.set("poison_callback", poisoned, data_of(subscription))


def _set_provision_options(c_options: _native.Options, options: Dict[str, Any]) -> None:
    for name in ("stream", "tenant", "domain", "dead_letters", "memory", "replicas", "change"):
        if options[name] is not None:
            c_options.set(name, options[name])
    age = options["max_age"]
    c_options.set("limits", options["max_bytes"], options["max_events"],
                  -1 if age is None else _native.milliseconds(age, "max_age"))
    for name in ("duplicate_window", "horizon"):
        if options[name] is not None:
            c_options.set(name, _native.milliseconds(options[name], name))
    c_options.set("dry_run", options["dry_run"])
