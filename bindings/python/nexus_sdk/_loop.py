# SPDX-License-Identifier: Apache-2.0
"""Running callbacks, and ending a client: what Client is made on."""

import atexit
import ctypes
import logging
import threading
import time
import warnings
import weakref
from typing import Any, Callable, Dict, List, Mapping, Optional

from . import _native, _structs, errors
from ._handle import Handle, finalize
from ._signals import Interrupts
from .delivery import Delivery
from .events import CHANNELS, Event
from .publishing import OnDone, Receipt, publish
from .spool import OnSpool, read_report
from .subscription import Subscription

_log = logging.getLogger("nexus_sdk")
SYSTEM_CHANNELS = {name for name, kind in CHANNELS.items()
                   if "tenant_id" not in kind.PARAMETERS}
_PATIENCE = 10.0  # seconds for the calls of other threads to leave a client that ends

_loops: "weakref.WeakSet[Loop]" = weakref.WeakSet()


@_structs.callback(_structs.STATE)
def state_changed(pointer: Optional[int], state: int, reason: Optional[bytes], _: Any) -> None:
    try:
        client = _native.clients.get(pointer or 0)
        if client is not None:
            client._state_changed(state, reason)
    except BaseException:
        _log.exception("on_state")


@_structs.callback(_structs.SPOOL)
def spool_reported(pointer: Optional[int], found: Any, _: Any) -> None:
    try:
        client = _native.clients.get(pointer or 0)
        if client is not None and client._on_spool is not None:
            client._on_spool(read_report(found.contents))
    except BaseException:
        _log.exception("on_report of the spool")


def payload_of(event: Event) -> Mapping[str, Any]:
    """An event's payload; ValidationError when it contradicts itself."""
    try:
        return event.to_payload()
    except ValueError as error:
        raise errors.ValidationError(str(error), "payload") from None


class Loop:
    """A client's callbacks: running them, and the end."""

    _on_state: Optional[Callable[[str, Optional[str]], None]] = None
    _on_spool: Optional[OnSpool] = None
    _handle: Optional[Handle] = None

    def __init__(self, steps_time: bool) -> None:
        self._steps_time = steps_time  # a bus in memory, whose time passes while C waits
        self._subscriptions: List[Subscription] = []
        self._completions: Dict[Optional[int], OnDone] = {}
        self._turn = threading.Lock()  # who dispatches
        self._dispatcher: Optional[int] = None
        self._interrupts: Optional[Interrupts] = None
        self._stop = False
        self._closing = False

    def _connected(self, pointer: ctypes.c_void_p) -> None:
        self._handle = Handle(pointer.value, "client")
        _native.clients[pointer.value or 0] = self
        _loops.add(self)

    def _forget(self, subscription: Subscription) -> None:
        if subscription in self._subscriptions:
            self._subscriptions.remove(subscription)

    # -------- running --------

    def _dispatch(self, timeout: Optional[float], once: bool = False) -> int:
        """With `once` how many callbacks ran; else goes on until the stop, and returns 1."""
        deadline = None if timeout is None else time.monotonic() + timeout
        with self._running("dispatch") as (pointer, interrupts):
            descriptor = _native.lib.nexus_client_fd(pointer)
            while True:
                ran = _native.call("nexus_client_dispatch", pointer, 0)
                interrupts.check()
                left = 3600.0 if deadline is None else deadline - time.monotonic()
                if self._stop or (once and (ran or left <= 0)):
                    self._stop = False
                    return ran if once else 1
                if not ran:
                    interrupts.wait(descriptor, left)

    def stop(self) -> None:
        """Makes a running run() or a waiting dispatch() return, or the next one when none is
        active. Any thread, handlers and signal handlers."""
        self._stop = True
        try:
            with self._use() as pointer:
                _native.lib.nexus_client_stop(pointer)
        except (errors.ClosedError, errors.ForkError):
            pass

    def fileno(self) -> int:
        """A descriptor that is readable while callbacks are due, for event loops."""
        with self._use() as pointer:
            return int(_native.lib.nexus_client_fd(pointer))

    # -------- the end --------

    def _end(self, timeout: float) -> None:
        """close() of the client."""
        handle = self._handle
        if handle is None or not handle.open:
            return
        if self._dispatcher == threading.get_ident():
            raise errors.StateError("a handler of this client is running on this thread", "client")
        self._closing = True
        self.stop()
        if not self._turn.acquire(timeout=max(0.0, timeout)):
            self._closing = False
            raise errors.DeadlineError("a handler of this client is still running", "client")
        try:
            self._close(min(_native.milliseconds(timeout, "timeout"), 2**31 - 1))
        finally:
            self._turn.release()

    def _close(self, wait: int) -> None:
        try:
            with Interrupts() as interrupts, self._use() as pointer:
                self._dispatcher, self._interrupts = threading.get_ident(), interrupts
                _native.call("nexus_client_close", pointer, wait)
        except errors.ClosedError:
            pass  # another thread was faster
        finally:
            self._destroy(_PATIENCE)
            self._dispatcher = self._interrupts = None

    def _destroy(self, patience: float) -> None:
        pointer = self._handle.retire(patience) if self._handle else None
        if pointer is not None:
            _native.lib.nexus_client_destroy(pointer)
            self._subscriptions.clear()

    def __del__(self) -> None:
        if self._handle is not None and self._handle.open:
            warnings.warn("a nexus_sdk.Client was not closed", ResourceWarning, source=self)
            finalize(self._collect)

    def _collect(self) -> None:
        if self._handle is not None and self._handle.open:
            with self._handle as pointer:
                _native.clients[pointer] = self  # the collector has cut the weak reference
        self._destroy(0)

    def _exit(self) -> None:
        """At the interpreter's end: after it no thread of the library may call into Python."""
        self._closing = True
        self.stop()
        if self._turn.acquire(timeout=_PATIENCE):
            self._destroy(_PATIENCE)
            self._turn.release()

    # -------- inside --------

    def _publish(self, channel: str, payload: Mapping[str, Any], tenant: Optional[str], wait: bool,
                 on_done: Optional[OnDone], deadline: Optional[float] = None,
                 causal_id: Optional[str] = None, message_id: Optional[str] = None,
                 cause: Optional[Delivery] = None, wait_when_full: Optional[bool] = None,
                 parameters: Optional[Mapping[str, str]] = None) -> Receipt:
        about = None
        if tenant is not None and channel in SYSTEM_CHANNELS:
            tenant, about = None, tenant
        values: Optional[Dict[str, Any]] = None
        if not (deadline is None and causal_id is None and message_id is None and cause is None
                and wait_when_full is None and parameters is None and about is None):
            values = {"deadline": deadline, "causal_id": causal_id, "message_id": message_id,
                      "cause": cause, "wait_when_full": wait_when_full, "parameters": parameters,
                      "tenant": about}
        return publish(self, channel, tenant, payload, values, wait, on_done)

    def _use(self) -> Handle:
        if self._handle is None:
            raise errors.ClosedError("the client was never connected", "client")
        return self._handle

    def _running(self, what: str) -> "_Running":
        return _Running(self, what)

    def _in_handler(self, yes: bool) -> None:
        if self._interrupts is not None:
            self._interrupts.raising(yes)

    def _interrupt(self, error: BaseException) -> None:
        if self._interrupts is not None:
            self._interrupts.pending = error
        else:
            _log.error("a callback raised", exc_info=error)

    def _interrupted(self) -> bool:
        return self._interrupts is not None and self._interrupts.pending is not None

    def _state_changed(self, state: int, reason: Optional[bytes]) -> None:
        name = _native.optional(_native.lib.nexus_client_state_name(state)) or ""
        if self._on_state is not None:
            self._on_state(name, _native.optional(reason))


class _Running:
    """The turn of one thread to run callbacks."""

    def __init__(self, client: Loop, what: str) -> None:
        self._client = client
        self._what = what
        self._interrupts = Interrupts()

    def __enter__(self) -> Any:
        self._interrupts.__enter__()  # first: from here on Ctrl-C tears nothing apart
        try:
            return self._take(), self._interrupts
        except BaseException as error:
            self._interrupts.__exit__(type(error))
            raise

    def _take(self) -> Any:
        client = self._client
        handle = client._use()
        pointer = handle.__enter__()
        if client._closing or not client._turn.acquire(blocking=False):
            handle.__exit__()
            if client._closing:
                raise errors.ClosedError("the client is being closed", "client")
            raise errors.StateError(f"{self._what}: a handler or another thread is dispatching",
                                    "client")
        client._dispatcher, client._interrupts = threading.get_ident(), self._interrupts
        return pointer

    def __exit__(self, kind: Any, error: Any, trace: Any) -> None:
        client = self._client
        client._dispatcher = client._interrupts = None
        client._turn.release()
        client._use().__exit__()
        self._interrupts.__exit__(kind, error, trace)


@atexit.register
def _close_all() -> None:
    for client in list(_loops):
        client._exit()
