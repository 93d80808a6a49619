# SPDX-License-Identifier: Apache-2.0
"""interop.py EMIT ACCEPT DOC: what the library signs is checked by jwcrypto, by the openssl command and
by the verifier printed in docs/signing.md; and what jwcrypto signs is checked by the library."""

import base64
import json
import re
import subprocess
import sys
import tempfile
from pathlib import Path

from jwcrypto import jwk, jws, jwt

sys.path.insert(0, str(Path(__file__).resolve().parent))
import forge  # noqa: E402

SUBJECT = "nexus.salon-001.kb.ingested"


def run(*command: object) -> str:
    result = subprocess.run([str(part) for part in command], capture_output=True, text=True, check=False)
    assert result.returncode == 0, f"{command}: {result.stdout}{result.stderr}"
    return result.stdout


def block(doc: str, language: str) -> str:
    found = re.findall(rf"^```{language}\n(.*?)^```", doc, re.S | re.M)
    assert len(found) == 1, f"{len(found)} blocks of {language}"
    return found[0]


def documented_verifier(doc: str):
    source = block(doc, "python")
    assert len(source.strip().splitlines()) < 30
    scope: dict = {}
    exec(source, scope)  # pylint: disable=exec-used
    return scope["verify"]


def check_with(verify, keys: dict, messages: list[dict]) -> int:
    """Each is good; and none is when anything about it is changed."""
    for message in messages:
        body = message["body"].encode()
        verify(keys, message["subject"], message["message_id"], message["signature"], body)
        for subject, name, text in ((message["subject"] + "x", message["message_id"], body),
                                    (message["subject"], message["message_id"] + "x", body),
                                    (message["subject"], message["message_id"], body + b" ")):
            try:
                verify(keys, subject, name, message["signature"], text)
            except Exception:  # pylint: disable=broad-except
                continue
            raise AssertionError(f"a changed message was accepted: {message}")
    return len(messages)


def jose_payload(message: dict) -> bytes:
    """The payload of the detached JWS: the body, or the root of the tree."""
    parts = message["signature"].split("~", 3)
    if len(parts) == 1:
        return message["body"].encode()
    raw = forge.unb64u(parts[2])
    path = [raw[i:i + 32] for i in range(0, len(raw), 32)]
    size = json.loads(forge.unb64u(parts[0].split("..")[0]))["n"]
    leaf = forge.leaf_hash(message["subject"], message["message_id"], message["body"].encode())
    return climb(leaf, int(parts[1]), size, path)


def climb(node: bytes, index: int, size: int, path: list[bytes]) -> bytes:
    """RFC 9162, 2.1.3.2, from above."""
    if size == 1:
        assert not path
        return node
    half = 1
    while half * 2 < size:
        half *= 2
    if index < half:
        return forge.node_hash(climb(node, index, half, path[:-1]), path[-1])
    return forge.node_hash(path[-1], climb(node, index - half, size - half, path[:-1]))


def check_jwcrypto(emitted: dict) -> None:
    key = jwk.JWK(**emitted["jwk"])
    assert key.thumbprint() == emitted["thumbprint"]
    for message in emitted["messages"]:
        token = jws.JWS()
        token.allowed_algs = ["EdDSA"]
        token.deserialize(message["signature"].split("~")[0])
        token.objects["payload"] = jose_payload(message)  # how jwcrypto 1.1 takes a detached one
        token.verify(key)
        assert token.is_valid
    parts = emitted["capability"].split("~")
    claims = json.loads(jwt.JWT(jwt=parts[0], key=key, algs=["EdDSA"]).claims)
    assert claims["subjects"] == ["nexus.salon-001.>"]
    holder = jwk.JWK(**claims["cnf"]["jwk"])
    narrowed = json.loads(jwt.JWT(jwt=parts[1], key=holder, algs=["EdDSA"]).claims)
    assert narrowed["subjects"] == [SUBJECT]


def check_openssl(emitted: dict, folder: Path) -> None:
    theirs = run("openssl", "pkey", "-in", folder / "theirs.pem", "-pubout")
    assert theirs == emitted["pem"]
    assert run("openssl", "pkey", "-in", folder / "ours.pem", "-pubout") == theirs
    assert (folder / "ours.pem").read_text() == (folder / "theirs.pem").read_text()
    private = jwk.JWK.from_json((folder / "ours.jwk").read_text())
    assert private.export_to_pem().decode() == theirs
    (folder / "public.pem").write_text(theirs)
    (folder / "signature").write_bytes(base64.b64decode(emitted["file_signature"]))
    run("openssl", "pkeyutl", "-verify", "-pubin", "-inkey", folder / "public.pem", "-rawin",
        "-in", folder / "theirs.pem", "-sigfile", folder / "signature")


def made_by_jwcrypto(folder: Path) -> None:
    """A table of messages that jwcrypto signed, and the store for them."""
    core, till = jwk.JWK.generate(kty="OKP", crv="Ed25519"), jwk.JWK.generate(kty="OKP", crv="Ed25519")
    body = b'{"a":1}'

    def detached(payload: bytes, header: dict, key: jwk.JWK) -> str:
        token = jws.JWS(payload)
        token.allowed_algs = ["EdDSA"]
        token.add_signature(key, "EdDSA", json.dumps({"alg": "EdDSA", "kid": key.thumbprint(), **header}))
        token.detach_payload()
        return token.serialize(compact=True)

    def public(key: jwk.JWK) -> dict:
        return {**key.export_public(as_dict=True), "kid": key.thumbprint()}

    single = detached(body, {"b64": False, "crit": ["b64"], "sub": SUBJECT, "jti": "m-1", "iat": forge.ISSUED}, till)
    leaves = [forge.leaf_hash(SUBJECT, f"m-{i}", body) for i in range(11)]
    root = detached(forge.root_hash(leaves), {"typ": "nexus-tree", "n": 11, "iat": forge.ISSUED}, till)
    grant = jwt.JWT(header={"alg": "EdDSA", "typ": "nexus-cap+jwt", "kid": core.thumbprint()},
                    claims={"iss": "core", "sub": "till", "jti": "t-1", "iat": forge.ISSUED, "nbf": forge.ISSUED,
                            "exp": forge.FAR, "cnf": {"jwk": till.export_public(as_dict=True)},
                            "subjects": ["nexus.salon-001.>"], "actions": ["publish"]})
    grant.make_signed_token(core)
    rows = [("single", "m-1", single)]
    rows += [(f"tree {i}", f"m-{i}", "~".join((root, str(i), forge.b64u(b"".join(forge.audit_path(leaves, i))), f"m-{i}")))
             for i in range(11)]
    text = base64.b64encode(body).decode()
    (folder / "table.tsv").write_text("".join(
        "\t".join((name, "accepted", SUBJECT, message, signature, grant.serialize(), text)) + "\n"
        for name, message, signature in rows))
    (folder / "by-core.json").write_text(json.dumps({"keys": [{**public(core), "nexus_grants": ["nexus.>"]}]}))
    (folder / "by-key.json").write_text(json.dumps({"keys": [{**public(till), "nexus_subjects": [SUBJECT]}]}))


def main() -> int:
    emit, accept, doc = sys.argv[1], sys.argv[2], Path(sys.argv[3]).read_text(encoding="utf-8")
    verify = documented_verifier(doc)
    vectors = json.loads(block(doc, "json"))
    count = check_with(verify, {vectors["jwk"]["kid"]: vectors["jwk"]["x"]}, vectors["messages"])
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        run("openssl", "genpkey", "-algorithm", "ed25519", "-out", folder / "theirs.pem")
        (folder / "theirs.pem").chmod(0o600)
        emitted = json.loads(run(emit, folder / "theirs.pem", folder))
        count += check_with(verify, {emitted["jwk"]["kid"]: emitted["jwk"]["x"]}, emitted["messages"])
        check_jwcrypto(emitted)
        check_openssl(emitted, folder)
        made_by_jwcrypto(folder)
        for store in ("by-core.json", "by-key.json"):
            print(run(accept, folder / store, folder / "table.tsv").strip())
        (folder / "vectors.json").write_text(json.dumps({"keys": [vectors["jwk"]]}))
        (folder / "vectors.tsv").write_text("".join(
            "\t".join((f"vector {i}", "accepted", m["subject"], m["message_id"], m["signature"], "-",
                       base64.b64encode(m["body"].encode()).decode())) + "\n"
            for i, m in enumerate(vectors["messages"])))
        print(run(accept, folder / "vectors.json", folder / "vectors.tsv").strip())
    print(f"{count} messages verified by the documented verifier")
    return 0


if __name__ == "__main__":
    sys.exit(main())
