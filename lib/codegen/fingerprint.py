# SPDX-License-Identifier: Apache-2.0
"""The fingerprint of a channel's schema: what two programs compare to learn whether they were
built from the same contract.

It is the first 16 hex digits of SHA-256 over the compact JSON, with sorted keys, of the address and
the folded payload schema. Only what constrains an event counts: descriptions, examples, the order
of members and the way in which the document spreads a schema over `$ref` and `allOf` do not.
"""

import hashlib
import json


def fingerprint(address, members):
    rendering = json.dumps({"address": address, "payload": _payload(members)}, sort_keys=True,
                           ensure_ascii=False, separators=(",", ":"))
    return hashlib.sha256(rendering.encode("utf-8")).hexdigest()[:16]


def _payload(members):
    payload = {"type": "object"}
    if members:
        payload["properties"] = {member.name: _member(member) for member in members}
    required = sorted(member.name for member in members if member.required)
    if required:
        payload["required"] = required
    return payload


def _member(member):
    word = member.kind.word
    if word.endswith("-array"):
        return {"type": "array", "items": {"type": word[:-len("-array")]}}
    schema = {"type": "string" if word == "enum" else word}
    if member.values:
        schema["enum"] = sorted(value.text for value in member.values)
    if member.max_length:
        schema["maxLength"] = member.max_length
    if member.format:
        schema["format"] = member.format
    return schema
