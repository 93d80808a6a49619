# SPDX-License-Identifier: Apache-2.0
"""Writes forgeries.tsv, messages and what a receiver must say to each, and the trust store for them,
forgeries-trust.json. `--check` compares the files with what would be written.

The columns: name, reason ("accepted" or why it is refused), subject, message id, signature (several
headers of that name are separated by spaces), capability, body in base64. "-" is none."""

import argparse
import base64
import hashlib
import hmac
import json
import sys
from pathlib import Path

from forge import FAR, ISSUED, ORDER, Key, Tree, b64u, compact, leaf_hash, node_hash, sign_raw, single, token, \
    tree_root, unb64u

SUBJECT = "nexus.salon-001.kb.ingested"
OTHER_CHANNEL = "nexus.salon-001.booking.created"
OTHER_TENANT = "nexus.salon-002.kb.ingested"
EDGE_1 = "nexus._core.edge.health.edge-1"
EDGE_2 = "nexus._core.edge.health.edge-2"
TENANT = "nexus.salon-001.>"

till, edge, wide = Key("till", "till-1"), Key("edge", "edge-1"), Key("wide")
expired, future, revoked = Key("expired"), Key("future"), Key("revoked")
core, plain_core, revoked_core = Key("core", "core-1"), Key("plain core"), Key("revoked core", "core-0")
producer, helper, stranger, lost = Key("producer"), Key("helper"), Key("stranger"), Key("lost")
guest, last = Key("guest"), Key("last")

TRUST = {
    "keys": [
        {**till.jwk, "nexus_subjects": [TENANT]},
        {**edge.jwk, "nexus_subjects": [EDGE_1]},
        {**wide.jwk, "nexus_subjects": ["nexus.>"]},
        {**expired.jwk, "nexus_subjects": [TENANT], "exp": ISSUED + 1},
        {**future.jwk, "nexus_subjects": [TENANT], "nbf": FAR},
        {**revoked.jwk, "nexus_subjects": [TENANT]},
        {**core.jwk, "nexus_grants": [TENANT, "nexus._core.edge.health.*"]},
        {**plain_core.jwk, "nexus_grants": [OTHER_TENANT]},
        {**revoked_core.jwk, "nexus_grants": ["nexus.>"]},
    ],
    "revoked": [revoked.kid, "core-0", "token-stolen", lost.thumbprint],
}

cases: list[dict] = []


def body_of(number: int, tenant: str = "salon-001") -> bytes:
    return compact({"causal_id": "evt-9f3ac21d", "vector_clock": {"n": number},
                    "payload": {"document_id": f"doc-{number}", "facts_extracted": number}, "tenant": tenant})


class Draft:
    """The message of the next case: an id and a body that no other case has."""

    def __init__(self):
        self.number = len(cases) + 1
        self.id = f"salon-001:case-{self.number}"
        self.body = body_of(self.number)

    def single(self, key: Key = till, subject: str = SUBJECT, **changes) -> str:
        return single(key, subject, changes.pop("jti", self.id), changes.pop("body", self.body), **changes)

    def header(self, **changes) -> dict:
        return {"alg": "EdDSA", "b64": False, "crit": ["b64"], "kid": till.kid, "sub": SUBJECT,
                "jti": self.id, "iat": ISSUED, **changes}

    def tree(self, key: Key = till, count: int = 5, index: int = 3, **changes) -> Tree:
        events = [(SUBJECT, f"{self.id}-{i}", body_of(self.number * 100 + i)) for i in range(count)]
        events[index] = (SUBJECT, self.id, self.body)
        return Tree(key, events, **changes)


def case(name: str, reason: str, draft: Draft, signature: str | None, **changes) -> None:
    message = {"name": name, "reason": reason, "subject": SUBJECT, "message_id": draft.id,
               "body": draft.body.decode("utf-8"), "signature": signature}
    message.update(changes)
    if isinstance(message["body"], bytes):
        message["body"] = message["body"].decode("utf-8")
    cases.append(message)


def altered(signature: str, **changes) -> str:
    """Changes the protected header and keeps the signature."""
    protected, rest = signature.split("..", 1)
    return b64u(compact({**json.loads(unb64u(protected)), **changes})) + ".." + rest


def with_bytes(signature: str, change) -> str:
    head, bytes_ = signature.split("..")
    return head + ".." + b64u(change(unb64u(bytes_)))


def flip(text: str, at: int) -> str:
    other = "A" if text[at] != "A" else "B"
    return text[:at] + other + text[at + 1:]


def singles_altered() -> None:
    d = Draft(); case("single", "accepted", d, d.single())
    d = Draft(); case("alg Ed25519 of RFC 9864", "accepted", d, d.single(alg="Ed25519"))
    d = Draft(); case("unknown members in the header", "accepted", d, d.single(x="y", jku="http://a/"))
    d = Draft(); case("without Nats-Msg-Id", "accepted", d, d.single(), message_id=None)
    d = Draft(); case("body: one byte", "signature", d, d.single(), body=d.body.replace(b"doc-", b"dox-"))
    d = Draft(); case("body: longer", "signature", d, d.single(), body=d.body + b" ")
    d = Draft(); case("body: shorter", "signature", d, d.single(), body=d.body[:-1])
    d = Draft(); case("body: another event's", "signature", d, d.single(), body=body_of(1))
    d = Draft(); case("moved to another channel", "subject", d, d.single(), subject=OTHER_CHANNEL)
    d = Draft(); case("moved to another tenant", "subject", d, d.single(), subject=OTHER_TENANT)
    d = Draft(); case("moved to another node", "subject", d, d.single(edge, EDGE_1), subject=EDGE_2)
    d = Draft(); case("moved, and sub changed too", "signature", d, altered(d.single(), sub=OTHER_CHANNEL), subject=OTHER_CHANNEL)
    d = Draft(); case("another message id", "message_id", d, d.single(), message_id=d.id + "x")
    d = Draft(); case("another message id, and jti changed too", "signature", d, altered(d.single(), jti=d.id + "x"), message_id=d.id + "x")
    d = Draft(); case("iat changed", "signature", d, altered(d.single(), iat=ISSUED + 1))
    d = Draft(); case("kid of another key", "signature", d, altered(d.single(), kid=wide.kid))
    d = Draft(); case("signed by another trusted key in its name", "signature", d, d.single(wide, kid=till.kid))
    d = Draft(); case("signature of another event", "signature", d, d.single().split("..")[0] + ".." + d.single(body=b"x").split("..")[1])
    d = Draft(); case("member added to the header", "signature", d, altered(d.single(), x=1))


def keys() -> None:
    d = Draft(); case("unknown key", "unknown_key", d, d.single(stranger))
    d = Draft(); case("unknown key that brings itself along", "unknown_key", d, d.single(stranger, jwk=stranger.jwk))
    d = Draft(); case("stranger's key embedded under a known id", "signature", d, d.single(stranger, kid=till.kid, jwk=stranger.jwk))
    d = Draft(); case("expired key", "time", d, d.single(expired, iat=ISSUED + 2))
    d = Draft(); case("expired key with an earlier date", "time", d, d.single(expired))
    d = Draft(); case("key not valid yet", "time", d, d.single(future))
    d = Draft(); case("signed in the future", "time", d, d.single(iat=FAR))
    d = Draft(); case("revoked key", "revoked", d, d.single(revoked))
    d = Draft(); case("key of another tenant's subject", "not_allowed", d, d.single(till, OTHER_TENANT), subject=OTHER_TENANT)
    d = Draft(); case("tenant's key on a system subject", "not_allowed", d, d.single(till, EDGE_1), subject=EDGE_1)
    d = Draft(); case("node's key for another node", "not_allowed", d, d.single(edge, EDGE_2), subject=EDGE_2)
    d = Draft(); case("core key that may grant, not publish", "not_allowed", d, d.single(core))


def algorithms() -> None:
    d = Draft(); case("unsigned", "unsigned", d, None)
    d = Draft(); case("alg none", "algorithm", d, d.single(alg="none"))
    d = Draft(); case("alg none without a signature", "malformed", d, b64u(compact(d.header(alg="none"))) + "..")
    d = Draft()
    protected = b64u(compact(d.header(alg="HS512")))
    mac = hmac.new(till.public, protected.encode() + b"." + d.body, hashlib.sha512).digest()
    case("HS512 with the public key as secret", "algorithm", d, protected + ".." + b64u(mac))
    d = Draft()
    protected = b64u(compact(d.header(alg="HS256")))
    mac = hmac.new(till.public, protected.encode() + b"." + d.body, hashlib.sha256).digest()
    case("HS256 with the public key as secret", "malformed", d, protected + ".." + b64u(mac))
    d = Draft()
    case("HS256 padded to a signature's length", "algorithm", d, b64u(compact(d.header(alg="HS256"))) + ".." + b64u(mac + mac))
    d = Draft(); case("alg ES256", "algorithm", d, d.single(alg="ES256"))
    d = Draft(); case("alg in small letters", "algorithm", d, d.single(alg="eddsa"))
    d = Draft(); case("alg Ed448", "algorithm", d, d.single(alg="Ed448"))
    d = Draft(); case("no alg", "algorithm", d, d.single(remove=("alg",)))
    d = Draft(); case("alg as a list", "algorithm", d, d.single(alg=["EdDSA"]))
    d = Draft(); case("crit with something unknown", "algorithm", d, d.single(crit=["b64", "exp"]))
    d = Draft(); case("crit empty", "algorithm", d, d.single(crit=[]))
    d = Draft(); case("crit twice the same", "algorithm", d, d.single(crit=["b64", "b64"]))
    d = Draft(); case("crit as text", "algorithm", d, d.single(crit="b64"))
    d = Draft(); case("no crit", "malformed", d, d.single(remove=("crit",)))
    d = Draft(); case("b64 true", "malformed", d, d.single(b64=True))
    d = Draft(); case("b64 as text", "malformed", d, d.single(b64="false"))
    d = Draft(); case("no b64", "malformed", d, d.single(remove=("b64",)))
    d = Draft(); case("typ of a tree in the single form", "malformed", d, d.single(typ="nexus-tree"))


def headers() -> None:
    for name in ("kid", "sub", "jti", "iat"):
        d = Draft(); case(f"no {name}", "malformed", d, d.single(remove=(name,)))
    for value in ("1750000000", -1, 1.5, 1e300, None):
        d = Draft(); case(f"iat {json.dumps(value)}", "malformed", d, d.single(iat=value))
    d = Draft(); case("kid empty", "malformed", d, d.single(kid=""))
    d = Draft(); case("kid with a space", "malformed", d, d.single(kid="till 1"))
    d = Draft(); case("kid too long", "malformed", d, d.single(kid="k" * 129))
    d = Draft(); text = compact(d.header())
    case("duplicate member", "malformed", d, sign_raw(till, text[:-1] + b',"kid":"till-1"}', d.body))
    d = Draft(); case("duplicate member, escaped", "malformed", d, sign_raw(till, compact(d.header())[:-1] + b',"\\u006bid":"edge-1"}', d.body))
    d = Draft(); case("bytes behind the header", "malformed", d, sign_raw(till, compact(d.header()) + b"{}", d.body))
    d = Draft(); case("byte order mark", "malformed", d, sign_raw(till, b"\xef\xbb\xbf" + compact(d.header()), d.body))
    d = Draft(); case("header not UTF-8", "malformed", d, sign_raw(till, compact(d.header())[:-1] + b',"x":"\xff"}', d.body))
    d = Draft(); case("header no object", "malformed", d, sign_raw(till, b"[]", d.body))
    d = Draft(); case("header deeply nested", "malformed", d, sign_raw(till, compact(d.header())[:-1] + b',"x":' + b"[" * 40 + b"]" * 40 + b"}", d.body))
    d = Draft(); s = d.single(); case("header padded", "malformed", d, s.replace("..", "=.."))
    d = Draft(); s = d.single(); case("signature padded", "malformed", d, s + "==")
    d = Draft(); s = d.single(); case("last digit of the signature with spare bits", "malformed", d, s[:-1] + chr(ord(s[-1]) + 1))
    d = Draft(); case("signature cut short", "malformed", d, d.single()[:-1])
    d = Draft(); case("signature too long", "malformed", d, d.single() + "A")
    d = Draft(); s = d.single(); case("foreign digit", "malformed", d, s[:5] + "+" + s[6:])
    d = Draft(); case("a digit more in front", "malformed", d, "x" + d.single())
    d = Draft(); p, s = d.single().split(".."); case("payload inside", "malformed", d, f"{p}.{b64u(d.body)}.{s}")
    d = Draft(); case("two in one header", "malformed", d, d.single() + "," + d.single())
    d = Draft(); case("JSON serialization", "malformed", d, '{"protected":"e30","signature":"AA"}')
    d = Draft(); case("garbage", "malformed", d, "garbage")
    d = Draft(); case("dots", "malformed", d, "...")
    d = Draft(); case("huge", "malformed", d, "A" * 5000)
    d = Draft(); case("huge header inside", "malformed", d, d.single(x="x" * 1400))
    d = Draft(); case("two headers", "malformed", d, d.single(), signatures=[d.single(), d.single(wide)])
    d = Draft(); case("a capability instead of a signature", "malformed", d, token(core, producer, [TENANT]))


def curve() -> None:
    d = Draft(); case("S plus the order", "signature", d, with_bytes(d.single(), lambda s: s[:32] + (int.from_bytes(s[32:], "little") + ORDER).to_bytes(32, "little")))
    d = Draft(); case("S zero, R the identity", "signature", d, with_bytes(d.single(), lambda s: b"\1" + bytes(63)))
    d = Draft(); case("all zero", "signature", d, with_bytes(d.single(), lambda s: bytes(64)))
    d = Draft(); case("all ones", "signature", d, with_bytes(d.single(), lambda s: b"\xff" * 64))
    d = Draft(); case("R not canonical", "signature", d, with_bytes(d.single(), lambda s: b"\xee" + b"\xff" * 30 + b"\x7f" + s[32:]))
    d = Draft(); case("R with its sign turned", "signature", d, with_bytes(d.single(), lambda s: s[:31] + bytes([s[31] ^ 128]) + s[32:]))
    d = Draft(); case("halves exchanged", "signature", d, with_bytes(d.single(), lambda s: s[32:] + s[:32]))


def trees() -> None:
    for count, index in ((1, 0), (2, 1), (3, 2), (5, 4), (7, 6), (32, 17), (33, 32), (64, 63)):
        d = Draft(); case(f"tree of {count}, event {index}", "accepted", d, d.tree(count=count, index=index).header(index))
    d = Draft(); case("tree without Nats-Msg-Id", "accepted", d, d.tree().header(3), message_id=None)
    d = Draft(); case("tree: body", "signature", d, d.tree().header(3), body=d.body + b" ")
    d = Draft(); case("tree: moved to another channel", "signature", d, d.tree().header(3), subject=OTHER_CHANNEL)
    d = Draft(); case("tree: moved to another tenant, by a key of both", "signature", d, d.tree(wide).header(3), subject=OTHER_TENANT)
    d = Draft(); case("tree: another message id", "message_id", d, d.tree().header(3), message_id=d.id + "x")
    d = Draft(); case("tree: another message id in both places", "signature", d, d.tree().header(3, message_id=d.id + "x"), message_id=d.id + "x")
    d = Draft(); case("tree: neighbour's place", "signature", d, d.tree().header(2, message_id=d.id))
    d = Draft(); case("tree: neighbour's index", "signature", d, d.tree().header(3, index=2))
    d = Draft(); case("tree: index of another depth", "malformed", d, d.tree().header(3, index=4))
    d = Draft(); case("tree: index beyond the tree", "malformed", d, d.tree().header(3, index=5))
    for index in ("03", "-1", "+3", "64", "4294967299", "", "3x"):
        d = Draft(); case(f"tree: index {index!r}", "malformed", d, d.tree().header(3, index=index))
    d = Draft(); t = d.tree(); case("tree: path reversed", "signature", d, t.header(3, path=t.path(3)[::-1]))
    d = Draft(); t = d.tree(); case("tree: first sibling changed", "signature", d, t.header(3, path=[bytes(32)] + t.path(3)[1:]))
    d = Draft(); t = d.tree(); case("tree: last sibling changed", "signature", d, t.header(3, path=t.path(3)[:-1] + [bytes(32)]))
    d = Draft(); t = d.tree(); case("tree: path too short", "malformed", d, t.header(3, path=t.path(3)[:-1]))
    d = Draft(); t = d.tree(); case("tree: path too long", "malformed", d, t.header(3, path=t.path(3) + [bytes(32)]))
    d = Draft(); t = d.tree(); case("tree: path of half hashes", "malformed", d, t.header(3, path=[b"".join(t.path(3))[:-1]]))
    d = Draft(); t = d.tree(); case("tree: path in other digits", "malformed", d, t.header(3, path="+" + b64u(b"".join(t.path(3)))[1:]))
    d = Draft(); t = d.tree(); case("tree: no path", "malformed", d, t.header(3, path=""))
    d = Draft(); t, other = d.tree(), Tree(till, [(SUBJECT, f"x{i}", b"1") for i in range(5)]); case("tree: path of another tree", "signature", d, t.header(3, path=other.path(3)))
    d = Draft(); t = d.tree(); t2 = Tree(till, [(SUBJECT, "a", b"1")] * 5); case("tree: root of another tree", "signature", d, t.header(3, jws=t2.jws))
    d = Draft(); t = d.tree(); case("tree: size changed, same depth", "signature", d, t.header(3, jws=altered(t.jws, n=6)))
    d = Draft(); t = d.tree(); case("tree: size changed, other depth", "malformed", d, t.header(3, jws=altered(t.jws, n=40)))
    d = Draft(); t = d.tree(count=8, index=3); case("tree: size signed larger than it is", "malformed", d, t.header(3, jws=tree_root(till, t.root, 16)))
    for count in (0, 65, "5", 5.5, -5):
        d = Draft(); t = d.tree(); case(f"tree: size {count!r}", "malformed", d, t.header(3, jws=tree_root(till, t.root, count)))
    d = Draft(); t = d.tree(); case("tree: typ missing", "malformed", d, t.header(3, jws=tree_root(till, t.root, 5, remove=("typ",))))
    d = Draft(); t = d.tree(); case("tree: typ of a capability", "malformed", d, t.header(3, jws=tree_root(till, t.root, 5, typ="nexus-cap+jwt")))
    d = Draft(); t = d.tree(); case("tree: crit", "algorithm", d, t.header(3, jws=tree_root(till, t.root, 5, crit=["n"])))
    d = Draft(); t = d.tree(); case("tree: b64", "malformed", d, t.header(3, jws=tree_root(till, t.root, 5, b64=False)))
    d = Draft(); t = d.tree(); case("tree: alg none", "algorithm", d, t.header(3, jws=tree_root(till, t.root, 5, alg="none")))
    d = Draft(); case("tree: alone, place cut off", "malformed", d, d.tree().jws)
    d = Draft(); case("tree: a single signature with a place", "malformed", d, f"{d.single()}~0~~{d.id}")
    d = Draft(); case("tree: message id missing", "malformed", d, d.tree().header(3).rsplit("~", 1)[0])
    d = Draft(); case("tree: message id empty", "malformed", d, d.tree().header(3, message_id=""), message_id=None)
    d = Draft(); case("tree: more behind it", "message_id", d, d.tree().header(3) + "~x")
    d = Draft(); case("tree: unknown key", "unknown_key", d, d.tree(stranger).header(3))
    d = Draft(); case("tree: revoked key", "revoked", d, d.tree(revoked).header(3))
    d = Draft(); case("tree: expired key", "time", d, d.tree(expired).header(3))
    d = Draft(); case("tree: signed in the future", "time", d, d.tree(iat=FAR).header(3))
    d = Draft(); case("tree: key of other subjects", "not_allowed", d, d.tree(edge).header(3))
    d = Draft(); case("tree: signed by another trusted key", "signature", d, d.tree(wide, kid=till.kid).header(3))


def second_preimages() -> None:
    """Nodes that pose as leaves, and leaves that pose as nodes."""
    d = Draft(); t = d.tree(count=4, index=2)
    left = node_hash(t.leaves[0], t.leaves[1])
    case("preimage: two nodes as a tree of two", "signature", d, f"{t.jws}~0~{b64u(t.path(0)[0] + t.path(0)[1])}~{d.id}")
    d = Draft(); t = d.tree(count=4, index=2)
    case("preimage: the upper half as a tree of two", "signature", d, t.header(2, jws=altered(t.jws, n=2), index=1, path=[left]))
    d = Draft(); t = d.tree(count=2, index=0)
    inner = t.leaves[0] + t.leaves[1]
    text = inner.decode("latin-1")
    case("preimage: a node's content as body", "signature", d, t.header(0, jws=altered(t.jws, n=1), index=0, path=[]), body=text)
    d = Draft(); t = d.tree(count=2, index=0)
    case("preimage: prefix of a node in the body", "signature", d, t.header(0, jws=altered(t.jws, n=1), index=0, path=[]), body="\1" + text)
    d = Draft(); t = d.tree(count=3, index=2)
    case("preimage: the odd leaf as its own sibling", "malformed", d, t.header(2, path=[t.leaves[2], t.path(2)[0]]))
    d = Draft(); t = d.tree(count=3, index=2)
    case("preimage: the odd leaf at the place that repeats it", "malformed", d, t.header(2, index=3, path=[t.leaves[2], t.path(2)[0]]))
    d = Draft(); shifted = d.id.split(":")
    t = Tree(till, [(SUBJECT, d.id, d.body)])
    case("preimage: border between subject and id moved", "signature", d, t.header(0, message_id=shifted[1]), message_id=shifted[1])
    d = Draft(); t = Tree(till, [(SUBJECT, "a", b"b\n" + d.body)])
    case("preimage: border between id and body moved", "malformed", d, t.header(0, message_id="a b"), message_id=None)
    assert leaf_hash(SUBJECT, d.id, d.body) != node_hash(b"\0" * 32, b"\0" * 32)


def capabilities() -> None:
    grant = token(core, producer, [TENANT])

    def by(name: str, reason: str, chain: str | None, key: Key = producer, subject: str = SUBJECT, **changes) -> None:
        d = Draft(); case("cap: " + name, reason, d, d.single(key, subject, **changes), capability=chain, subject=subject)

    by("granted", "accepted", grant)
    by("granted one channel", "accepted", token(core, producer, [SUBJECT]))
    d = Draft(); case("cap: granted, by a tree", "accepted", d, d.tree(producer).header(3), capability=grant)
    by("of a key of the store, which needs none", "accepted", grant, till)
    by("narrowed", "accepted", token(producer, helper, [SUBJECT], parent=grant), helper)
    by("narrowed twice", "accepted", token(helper, stranger, [SUBJECT], parent=token(producer, helper, ["nexus.salon-001.kb.*"], parent=grant)), stranger)
    by("none", "unknown_key", None)
    by("expired", "time", token(core, producer, [TENANT], exp=ISSUED - 1, nbf=ISSUED - 2))
    by("expired since, with an earlier date", "time", token(core, producer, [TENANT], exp=ISSUED + 1))
    by("not valid yet", "time", token(core, producer, [TENANT], nbf=FAR - 1))
    by("revoked token", "revoked", token(core, producer, [TENANT], jti="token-stolen"))
    by("revoked core key", "revoked", token(revoked_core, producer, [TENANT]))
    by("revoked producer", "revoked", token(core, lost, [TENANT]), lost)
    by("revoked link in the chain", "revoked", token(producer, helper, [SUBJECT], parent=grant, jti="token-stolen"), helper)
    by("another channel than granted", "not_allowed", token(core, producer, [OTHER_CHANNEL]))
    by("another tenant than granted", "not_allowed", grant, subject=OTHER_TENANT)
    by("another node than granted", "not_allowed", token(core, producer, [EDGE_1]), subject=EDGE_2)
    by("another action", "not_allowed", token(core, producer, [TENANT], actions=["subscribe"]))
    by("granted to another key", "capability", grant, helper)
    by("key of the grant under another id", "capability", grant, producer, kid="another")
    by("issuer may not grant this", "capability", token(core, producer, ["nexus.>"]))
    by("issuer may grant another tenant only", "capability", token(plain_core, producer, [TENANT]))
    by("issued by a key that may publish only", "capability", token(till, producer, [TENANT]))
    by("issued by a stranger", "unknown_key", token(stranger, producer, [TENANT]))
    by("issued by itself", "unknown_key", token(producer, producer, [TENANT]))
    by("issued by a stranger in the core's name", "capability", token(stranger, producer, [TENANT], header={"kid": core.kid}))
    head, claims, signature = grant.split(".")
    widened = {**json.loads(unb64u(claims)), "subjects": ["nexus.>"]}
    by("claims changed", "capability", ".".join((head, b64u(compact(widened)), signature)))
    by("signature changed", "capability", flip(grant, len(grant) - 20))
    by("narrowed: more subjects", "capability", token(producer, helper, ["nexus.>"], parent=token(core, producer, [SUBJECT])), helper)
    by("narrowed: a wildcard for a name", "capability", token(producer, helper, ["nexus.*.kb.ingested"], parent=token(core, producer, [SUBJECT])), helper)
    by("narrowed: more actions", "capability", token(producer, helper, [SUBJECT], parent=grant, actions=["publish", "grant"]), helper)
    by("narrowed: later expiry", "capability", token(producer, helper, [SUBJECT], parent=grant, exp=FAR + 1), helper)
    by("narrowed: earlier begin", "capability", token(producer, helper, [SUBJECT], parent=grant, nbf=ISSUED - 1), helper)
    by("narrowed by somebody else", "capability", token(helper, stranger, [SUBJECT], parent=grant), stranger)
    by("narrowed by somebody else in the holder's name", "capability", token(helper, stranger, [SUBJECT], parent=grant, header={"kid": producer.kid}), stranger)
    narrow = token(producer, helper, [SUBJECT], parent=grant)
    by("narrowed: parent missing", "unknown_key", narrow.split("~")[1], helper)
    by("narrowed: another parent", "capability", token(core, producer, [TENANT], jti="token-2") + "~" + narrow.split("~")[1], helper)
    by("narrowed: order reversed", "unknown_key", "~".join(narrow.split("~")[::-1]), helper)
    by("narrowed: prt missing", "capability", token(producer, helper, [SUBJECT], parent=grant, remove=("prt",)), helper)
    by("narrowed: the first names a parent", "capability", token(core, producer, [TENANT], prt=b64u(bytes(32))))
    deep = grant
    for before, after in ((producer, helper), (helper, stranger), (stranger, guest), (guest, last)):
        deep = token(before, after, [SUBJECT], parent=deep)
    by("chain too long", "capability", deep, last)
    by("alg none", "algorithm", token(core, producer, [TENANT], header={"alg": "none"}))
    by("alg HS512", "algorithm", token(core, producer, [TENANT], header={"alg": "HS512"}))
    by("crit", "algorithm", token(core, producer, [TENANT], header={"crit": ["exp"]}))
    by("typ JWT", "capability", token(core, producer, [TENANT], header={"typ": "JWT"}))
    by("typ of a tree", "capability", token(core, producer, [TENANT], header={"typ": "nexus-tree"}))
    by("without key", "capability", token(core, producer, [TENANT], remove=("cnf",)))
    by("with a private key", "capability", token(core, producer, [TENANT], cnf={"jwk": {**producer.jwk, "d": b64u(bytes(32))}}))
    by("with a key of small order", "capability", token(core, producer, [TENANT], cnf={"jwk": {**producer.jwk, "x": b64u(b"\1" + bytes(31))}}))
    by("without expiry", "capability", token(core, producer, [TENANT], remove=("exp",)))
    by("expiry before its begin", "capability", token(core, producer, [TENANT], exp=ISSUED - 1))
    by("expiry as text", "capability", token(core, producer, [TENANT], exp="4000000000"))
    by("no subjects", "capability", token(core, producer, []))
    by("subjects as text", "capability", token(core, producer, [], subjects=TENANT))
    by("65 subjects", "capability", token(core, producer, [f"nexus.salon-001.a{i}" for i in range(65)]))
    by("garbage", "capability", "garbage")
    by("empty link", "capability", grant + "~")
    by("an event's signature", "capability", Draft().single())
    by("huge", "capability", "A" * 9000)


def line(entry: dict) -> str:
    signatures = entry.get("signatures") or [entry["signature"] or "-"]
    return "\t".join([entry["name"], entry["reason"], entry["subject"], entry["message_id"] or "-",
                      " ".join(signatures), entry.get("capability") or "-",
                      base64.b64encode(entry["body"].encode()).decode()])


def build() -> dict[str, str]:
    for part in (singles_altered, keys, algorithms, headers, curve, trees, second_preimages, capabilities):
        part()
    assert len({entry["name"] for entry in cases}) == len(cases)
    return {"forgeries.tsv": "".join(line(entry) + "\n" for entry in cases),
            "forgeries-trust.json": json.dumps(TRUST, indent=1) + "\n"}


def main() -> int:
    parser = argparse.ArgumentParser()
    parser.add_argument("--check", action="store_true")
    check = parser.parse_args().check
    failures = 0
    for name, text in build().items():
        path = Path(__file__).with_name(name)
        if not check:
            path.write_text(text, encoding="utf-8")
        elif path.read_text(encoding="utf-8") != text:
            print(f"{name} is not what forgeries.py writes")
            failures += 1
    print(f"{len(cases)} cases, {sum(entry['reason'] != 'accepted' for entry in cases)} of them forged")
    return 1 if failures else 0


if __name__ == "__main__":
    sys.exit(main())
