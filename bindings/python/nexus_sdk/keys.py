# SPDX-License-Identifier: Apache-2.0
"""Signing and trust: private keys, the keys that a receiver believes, and capability tokens.

    signer = Signer.from_file("till.key")
    with Client(url, service="till", signer=signer) as client: ...

    trust = Trust.load("trust.json")
    with Client(url, service="crm", trust=trust) as client: ...

Everything here may be used by any thread and any number of clients at once. Times are seconds since
1970. Errors: KeyFault (a key is unusable), SignatureError, InvalidError, NotFoundError, FileError.
"""

import ctypes
import json
import os
from typing import Any, Dict, Iterable, List, NamedTuple, Optional, Union

from . import _native, _structs, errors

Path = Union[str, "os.PathLike[str]"]
_FORMATS = {"jwk": 1, "pem": 2}
_VERDICTS = ("unchecked", "unsigned", "unknown_key", "verified", "delegated")


def _path(path: Path) -> Optional[bytes]:
    return _native.text(os.fspath(path), "path")


def _format(name: str) -> int:
    if name not in _FORMATS:
        raise errors.InvalidError(f"is one of jwk, pem, not {name!r}", "format")
    return _FORMATS[name]


class _Counted:
    """A counted object of C: given up when Python forgets it; clients keep it as they need it."""

    _DESTROY = ""

    def __init__(self, pointer: ctypes.c_void_p) -> None:
        self._pointer = pointer
        self._destroy = getattr(_native.lib, self._DESTROY)

    def __del__(self) -> None:
        pointer = getattr(self, "_pointer", None)
        if pointer is not None:
            self._pointer = ctypes.c_void_p()
            self._destroy(pointer)

    def _text(self, function: str, *arguments: Any) -> str:
        out = ctypes.c_void_p()
        _native.call(function, *arguments, ctypes.byref(out))
        return _native.take_text(out)


class Signer(_Counted):
    """A private Ed25519 key. It stays in locked memory of the library, which wipes it; Python never
    sees it, but for what from_seed() and from_text() are given."""

    _DESTROY = "nexus_signer_destroy"

    @classmethod
    def generate(cls, key_id: Optional[str] = None) -> "Signer":
        """A fresh random key. Without a key id it gets its JWK thumbprint (RFC 7638)."""
        return cls._made("nexus_signer_generate", _native.text(key_id, "key_id"))

    @classmethod
    def from_seed(cls, seed: bytes, key_id: Optional[str] = None) -> "Signer":
        """From a seed of 32 bytes."""
        if len(seed) != 32:
            raise errors.InvalidError(f"has 32 bytes, not {len(seed)}", "seed")
        buffer = ctypes.create_string_buffer(bytes(seed), 32)
        try:
            return cls._made("nexus_signer_from_seed", buffer, _native.text(key_id, "key_id"))
        finally:
            ctypes.memset(buffer, 0, 32)

    @classmethod
    def from_text(cls, text: str, key_id: Optional[str] = None) -> "Signer":
        """From a PKCS#8 PEM as openssl writes it, or a private JWK."""
        encoded = _native.text(text, "text") or b""
        return cls._made("nexus_signer_from_text", encoded, len(encoded),
                         _native.text(key_id, "key_id"))

    @classmethod
    def from_file(cls, path: Path, key_id: Optional[str] = None) -> "Signer":
        """The same from a file that nobody but its owner may read (else KeyFault)."""
        return cls._made("nexus_signer_from_file", _path(path), _native.text(key_id, "key_id"))

    @classmethod
    def _made(cls, function: str, *arguments: Any) -> "Signer":
        out = ctypes.c_void_p()
        _native.call(function, *arguments, ctypes.byref(out))
        return cls(out)

    @property
    def key_id(self) -> str:
        """Its key id."""
        return _native.optional(_native.lib.nexus_signer_key_id(self._pointer)) or ""

    @property
    def thumbprint(self) -> str:
        """The RFC 7638 thumbprint of its key."""
        return _native.optional(_native.lib.nexus_signer_thumbprint(self._pointer)) or ""

    def public_key(self, format: str = "jwk") -> str:
        """The public key as text: "jwk" or "pem"."""
        return self._text("nexus_signer_public", self._pointer, _format(format))

    def write(self, path: Path, format: str = "pem") -> None:
        """Writes the private key to a new file that only its owner can read. ConflictError when
        there is one already."""
        _native.call("nexus_signer_write", self._pointer, _format(format), _path(path))

    def sign(self, subject: str, message_id: str, body: bytes) -> str:
        """The `Nexus-Signature` of a message, for bridges that publish by other means."""
        return self._text("nexus_signer_sign", self._pointer, _native.text(subject, "subject"),
                          _native.text(message_id, "message_id"), body, len(body))

    def sign_file(self, path: Path) -> str:
        """The signature of a file's bytes, for the member `signature` of moduleUpdated."""
        return self._text("nexus_signer_sign_file", self._pointer, _path(path))

    # -------- capabilities: this key vouches for other keys --------

    def issue(self, public_key: str, subjects: Iterable[str], *, not_after: int,
              not_before: int = 0, issuer: Optional[str] = None, subject: str = "producer",
              actions: Optional[Iterable[str]] = None, id: Optional[str] = None) -> str:
        """A capability token that lets another key publish subjects.

        Args:
            public_key: The producer's key: public JWK or PEM.
            subjects: Patterns of subjects, 1 to 64: "nexus.salon-001.>".
            not_after, not_before: Its time, in seconds since 1970; not_before 0: now.
            issuer, subject: Who grants, and whom, for people: printable ASCII without spaces.
                Default: this key's id, and "producer".
            actions: What may be done. Default: "publish".
            id: For revoking it. Default: a fresh UUID.
        """
        return self._text("nexus_capability_issue", self._pointer,
                          _grant(public_key, subjects, issuer or self.key_id, subject, not_before,
                                 not_after, actions, id))

    def narrow(self, token: str, public_key: str, subjects: Iterable[str], *, not_after: int = 0,
               not_before: int = 0, issuer: Optional[str] = None, subject: str = "producer",
               actions: Optional[Iterable[str]] = None, id: Optional[str] = None) -> str:
        """A token that lets another key do a part of what `token` lets this key do; arguments as
        for issue(), 0 for the token's own time. InvalidError when it would grant more."""
        return self._text("nexus_capability_narrow", _native.text(token, "token"), self._pointer,
                          _grant(public_key, subjects, issuer or self.key_id, subject, not_before,
                                 not_after, actions, id))


def _grant(public_key: str, subjects: Iterable[str], issuer: str, subject: str, not_before: int,
           not_after: int, actions: Optional[Iterable[str]], id: Optional[str]) -> Any:
    return ctypes.byref(_structs.sized(
        _structs.Grant, issuer=_native.text(issuer, "issuer"),
        subject=_native.text(subject, "subject"),
        public_key=_native.text(public_key, "public_key"),
        subjects=_native.texts(subjects, "subjects"), actions=_native.texts(actions, "actions"),
        not_before=not_before, not_after=not_after, id=_native.text(id, "id")))


def inspect_capability(token: str) -> List[Dict[str, Any]]:
    """What a token says: {"header": …, "claims": …} for each of its chain, the first issued first.
    Nothing is verified."""
    out = ctypes.c_void_p()
    _native.call("nexus_capability_inspect", _native.text(token, "token"), ctypes.byref(out))
    parts: List[Dict[str, Any]] = json.loads(_native.take_text(out))
    return parts


class Checked(NamedTuple):
    """What Trust.check() found."""

    verdict: str
    """"verified" or "delegated"."""
    key_id: str
    """The id of the key that signed."""


class Trust(_Counted):
    """The public keys that a receiver believes, what each may publish, and what was revoked. May be
    changed at any time, while events flow."""

    _DESTROY = "nexus_trust_destroy"

    def __init__(self, pointer: Optional[ctypes.c_void_p] = None) -> None:
        if pointer is None:
            pointer = ctypes.c_void_p()
            _native.call("nexus_trust_new", ctypes.byref(pointer))
        super().__init__(pointer)

    @classmethod
    def load(cls, path: Path) -> "Trust":
        """From a JWK Set file; nexus/trust.h says what it may contain."""
        out = ctypes.c_void_p()
        _native.call("nexus_trust_load", _path(path), ctypes.byref(out))
        return cls(out)

    def reload(self) -> None:
        """Reads the file again. On failure the store stays as it was."""
        _native.call("nexus_trust_reload", self._pointer)

    def add(self, public_key: str, subjects: Optional[Iterable[str]] = None, *,
            grants: Optional[Iterable[str]] = None, key_id: Optional[str] = None,
            not_before: int = 0, not_after: int = 0) -> None:
        """Adds a key, a public JWK or PEM.

        Args:
            subjects: Patterns of subjects that it may publish.
            grants: Patterns that tokens which it issues may grant.
            key_id: Default: the JWK's `kid`, else the thumbprint.
            not_before, not_after: Its time in seconds since 1970; 0: no limit.
        """
        rule = _structs.sized(_structs.TrustRule, key_id=_native.text(key_id, "key_id"),
                              subjects=_native.texts(subjects, "subjects"),
                              grants=_native.texts(grants, "grants"), not_before=not_before,
                              not_after=not_after)
        _native.call("nexus_trust_add", self._pointer, _native.text(public_key, "public_key"),
                     ctypes.byref(rule))

    def remove(self, key_id: str) -> None:
        """Takes a key out again. NotFoundError when it is not there."""
        _native.call("nexus_trust_remove", self._pointer, _native.text(key_id, "key_id"))

    def revoke(self, id: str) -> None:
        """Revokes a key or a token by its id, whenever it signed."""
        _native.call("nexus_trust_revoke", self._pointer, _native.text(id, "id"))

    def to_json(self) -> str:
        """The store as the text of a JWK Set file."""
        return self._text("nexus_trust_json", self._pointer)

    def __len__(self) -> int:
        return int(_native.lib.nexus_trust_count(self._pointer))

    def __bool__(self) -> bool:
        return True

    def set_tolerance(self, ahead: int = 300, late: int = 86400) -> None:
        """How far clocks may disagree, and how late an event may reach the stream, in seconds."""
        _native.call("nexus_trust_set_tolerance", self._pointer, ahead, late)

    def set_replay_window(self, events: int = 65536, seconds: int = 3600) -> None:
        """How many events, and for how many seconds, are remembered to recognize copies."""
        _native.call("nexus_trust_set_replay_window", self._pointer, events, seconds)

    def check(self, subject: str, body: bytes, signature: Optional[str], *,
              message_id: Optional[str] = None, capability: Optional[str] = None,
              stored: int = 0) -> Checked:
        """Checks one message as a client would, but for replays. Raises SignatureError or KeyFault;
        their `refusal` has the reason in one word, "unknown_key"."""
        message = _structs.sized(
            _structs.SignedMessage, subject=_native.text(subject, "subject"),
            message_id=_native.text(message_id, "message_id"),
            signature=_native.text(signature, "signature"),
            capability=_native.text(capability, "capability"), body=body, length=len(body),
            stored=stored)
        result = _structs.sized(_structs.CheckResult)
        try:
            _native.call("nexus_trust_check", self._pointer, ctypes.byref(message),
                         ctypes.byref(result))
        except (errors.SignatureError, errors.KeyFault) as error:
            error.refusal = refusal_name(result.refusal)
            raise
        return Checked(_VERDICTS[result.verdict], result.key_id.decode())

    def check_file(self, path: Path, signature: str, key_id: Optional[str] = None) -> None:
        """Checks a file's signature as moduleUpdated carries it. Raises SignatureError, KeyFault."""
        _native.call("nexus_trust_check_file", self._pointer, _path(path),
                     _native.text(signature, "signature"), _native.text(key_id, "key_id"))

    def verify_capability(self, token: str, at: int = 0) -> None:
        """Checks a token for a moment (seconds since 1970; 0: now). Raises SignatureError,
        KeyFault."""
        _native.call("nexus_capability_verify", _native.text(token, "token"), self._pointer, at)


def refusal_name(number: int) -> str:
    """The name of a reason for not believing a message; "" when trust was not it."""
    return "" if not number else _native.optional(_native.lib.nexus_refusal_name(number)) or ""
