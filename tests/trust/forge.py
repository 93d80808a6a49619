# SPDX-License-Identifier: Apache-2.0
"""Signatures as docs/signing.md has them, made without the library, for tests that forge them.

Nothing here is taken from the library: hashes and signatures come from Python's own hashlib and from
the `cryptography` package. Ed25519 is deterministic, so the same input always gives the same text."""

import base64
import hashlib
import json

from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

ISSUED = 1750000000  # June 2025; every test runs later
FAR = 4000000000  # the year 2096
ORDER = 2**252 + 27742317777372353535851937790883648493


def b64u(data: bytes) -> str:
    return base64.urlsafe_b64encode(data).rstrip(b"=").decode()


def unb64u(text: str) -> bytes:
    return base64.urlsafe_b64decode(text + "=" * (-len(text) % 4))


def compact(value: object) -> bytes:
    return json.dumps(value, separators=(",", ":")).encode()


class Key:
    """An Ed25519 key with a fixed seed, named after it."""

    def __init__(self, name: str, key_id: str | None = None):
        seed = hashlib.sha256(b"forge " + name.encode()).digest()
        self.private = Ed25519PrivateKey.from_private_bytes(seed)
        raw = serialization.Encoding.Raw, serialization.PublicFormat.Raw
        self.public = self.private.public_key().public_bytes(*raw)
        self.jwk = {"kty": "OKP", "crv": "Ed25519", "x": b64u(self.public)}
        ordered = compact({"crv": "Ed25519", "kty": "OKP", "x": self.jwk["x"]})
        self.thumbprint = b64u(hashlib.sha256(ordered).digest())
        self.kid = key_id or self.thumbprint
        self.jwk["kid"] = self.kid

    def sign(self, data: bytes) -> bytes:
        return self.private.sign(data)


def single(key: Key, subject: str, message_id: str, body: bytes, remove: tuple = (), **changes) -> str:
    """A single signature; `changes` and `remove` alter the protected header before it is signed."""
    header = {"alg": "EdDSA", "b64": False, "crit": ["b64"], "kid": key.kid, "sub": subject,
              "jti": message_id, "iat": ISSUED}
    header.update(changes)
    for name in remove:
        del header[name]
    protected = b64u(compact(header))
    return protected + ".." + b64u(key.sign(protected.encode() + b"." + body))


def sign_raw(key: Key, header: bytes, body: bytes) -> str:
    """A single signature with a protected header of these very bytes."""
    protected = b64u(header)
    return protected + ".." + b64u(key.sign(protected.encode() + b"." + body))


def leaf_hash(subject: str, message_id: str, body: bytes) -> bytes:
    data = b"\0" + subject.encode() + b"\n" + message_id.encode() + b"\n" + body
    return hashlib.sha256(data).digest()


def node_hash(left: bytes, right: bytes) -> bytes:
    return hashlib.sha256(b"\1" + left + right).digest()


def root_hash(leaves: list[bytes]) -> bytes:
    """RFC 9162, 2.1.1, as it is written there."""
    if len(leaves) == 1:
        return leaves[0]
    half = 1
    while half * 2 < len(leaves):
        half *= 2
    return node_hash(root_hash(leaves[:half]), root_hash(leaves[half:]))


def audit_path(leaves: list[bytes], index: int) -> list[bytes]:
    """RFC 9162, 2.1.3.1."""
    if len(leaves) == 1:
        return []
    half = 1
    while half * 2 < len(leaves):
        half *= 2
    if index < half:
        return audit_path(leaves[:half], index) + [root_hash(leaves[half:])]
    return audit_path(leaves[half:], index - half) + [root_hash(leaves[:half])]


def tree_root(key: Key, root: bytes, count: object, remove: tuple = (), **changes) -> str:
    header = {"alg": "EdDSA", "kid": key.kid, "typ": "nexus-tree", "n": count, "iat": ISSUED}
    header.update(changes)
    for name in remove:
        del header[name]
    protected = b64u(compact(header))
    return protected + ".." + b64u(key.sign((protected + "." + b64u(root)).encode()))


class Tree:
    """Several events under one signature."""

    def __init__(self, key: Key, events: list[tuple[str, str, bytes]], **changes):
        self.events = events
        self.leaves = [leaf_hash(*event) for event in events]
        self.root = root_hash(self.leaves)
        self.jws = tree_root(key, self.root, changes.pop("n", len(events)), **changes)

    def path(self, index: int) -> list[bytes]:
        return audit_path(self.leaves, index)

    def header(self, place: int, /, **changes) -> str:
        """The header of an event; `changes` replace jws, index, path (a list) or message_id."""
        path = changes.get("path", self.path(place))
        parts = [changes.get("jws", self.jws), str(changes.get("index", place)),
                 path if isinstance(path, str) else b64u(b"".join(path)),
                 changes.get("message_id", self.events[place][1])]
        return "~".join(parts)


def token(issuer: Key, holder: Key, grants: list[str], /, header: dict | None = None,
          remove: tuple = (), parent: str | None = None, **changes) -> str:
    """A capability token; `parent` makes it a narrowing of that chain and returns the longer one."""
    claims = {"iss": "core", "sub": "producer", "jti": "token-1", "iat": ISSUED, "nbf": ISSUED,
              "exp": FAR, "cnf": {"jwk": holder.jwk}, "subjects": grants, "actions": ["publish"]}
    if parent:
        last = parent.split("~")[-1]
        claims["prt"] = b64u(hashlib.sha256(last.encode()).digest())
    claims.update(changes)
    for name in remove:
        del claims[name]
    head = {"alg": "EdDSA", "kid": issuer.kid, "typ": "nexus-cap+jwt"}
    head.update(header or {})
    signed = b64u(compact(head)) + "." + b64u(compact(claims))
    made = signed + "." + b64u(issuer.sign(signed.encode()))
    return parent + "~" + made if parent else made
