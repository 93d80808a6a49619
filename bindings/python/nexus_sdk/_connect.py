# SPDX-License-Identifier: Apache-2.0
"""The options of a client: from keyword arguments to C."""

import ctypes
import logging
from typing import Any, Dict

from . import _native, _structs, errors
from ._handle import in_log_callback
from .keys import Signer, Trust

_log = logging.getLogger("nexus_sdk")

LEVELS = {1: logging.ERROR, 2: logging.WARNING, 3: logging.INFO, 4: logging.DEBUG}
SIGNING = {"auto": 1, "single": 2, "tree": 3}
TRUST = {"require": 1, "permit": 2}
_AS_THEY_ARE = ("url", "service", "node", "stream", "credentials_file", "nkey_file", "token",
                "inbox_prefix", "api_prefix", "state_directory", "capability", "max_body", "causal_id_width",
                "clock_limit", "wait_for_connection")
_SECONDS = ("connect_timeout", "publish_deadline", "ack_timeout")


@_structs.callback(_structs.LOG)
def write_log(level: int, line: bytes, _: Any) -> None:
    """What C calls with a log line, from any of its threads."""
    in_log_callback.now = True
    try:
        _log.log(LEVELS.get(level, logging.DEBUG), "%s", line.decode("utf-8", "replace"))
    except BaseException:  # nothing may cross into C, and there is nowhere left to say it
        return
    finally:
        in_log_callback.now = False


def choice(table: Dict[str, int], value: Any, where: str) -> int:
    """The number of one of several names."""
    try:
        return table[value]
    except (KeyError, TypeError):
        raise errors.InvalidError(f"is one of {', '.join(table)}, not {value!r}", where) from None


def _log_level(level: Any) -> int:
    """The library's level for one of logging; None: what the logger lets through now."""
    number = _log.getEffectiveLevel() if level is None else level
    if not isinstance(number, int):
        raise TypeError(f"log_level: expected a number of logging, not {level!r}")
    return max((ours for ours, theirs in LEVELS.items() if theirs >= number), default=0)


def _set_security(options: _native.Options, given: Dict[str, Any]) -> None:
    if given["user"] is not None:
        options.set("user", given["user"], given["password"])
    if given["tls"]:
        options.set("tls", None if given["tls"] is True else given["tls"])
    if given["tls_certificate"] is not None or given["tls_key"] is not None:
        options.set("tls_certificate", given["tls_certificate"], given["tls_key"])


def _set_keys(options: _native.Options, given: Dict[str, Any]) -> None:
    signer, trust = given["signer"], given["trust"]
    if isinstance(signer, str):
        signer = Signer.from_file(signer, given["signer_key_id"])
    if isinstance(trust, str):
        trust = Trust.load(trust)
    if signer is not None:
        options.set("signer", signer._pointer, choice(SIGNING, given["signing"], "signing"))
    if trust is not None:
        options.set("trust", trust._pointer, choice(TRUST, given["trust_policy"], "trust_policy"))


def connect(given: Dict[str, Any], state: Any, spooled: Any) -> ctypes.c_void_p:
    """Makes the client of C. Raises what nexus_client_new() reports."""
    client = ctypes.c_void_p()
    with _native.Options("client") as options:
        for name in _AS_THEY_ARE:
            if given[name] is not None:
                options.set(name, given[name])
        for name in _SECONDS:
            if given[name] is not None:
                options.set(name, _native.milliseconds(given[name], name))
        if given["window_events"] is not None or given["window_bytes"] is not None:
            options.set("window", given["window_events"] or 2048,
                        given["window_bytes"] or 16 << 20)
        _set_security(options, given)
        level = _log_level(given["log_level"])
        if level:
            options.set("log", level, write_log, None)
        if given["on_state"] is not None:
            options.set("state_callback", state, None)
        _set_keys(options, given)
        if given["spool"] is not None:
            given["spool"]._set(options, spooled)
        _native.call("nexus_client_new", options.pointer, ctypes.byref(client))
    return client
