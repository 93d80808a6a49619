# SPDX-License-Identifier: Apache-2.0
"""Addresses: `nexus.{tenant_id}.domain.event` for tenants, `nexus._core.…` for the platform."""

import re

from errors import ContractError
from model import Parameter
from resolve import expect, known_keys, text_of
import names
import text

TOKEN = re.compile(r"[A-Za-z0-9_][A-Za-z0-9_-]*\Z")
VALUE = re.compile(r"[A-Za-z0-9][A-Za-z0-9_-]{0,62}\Z")  # what a parameter may stand for
TOKEN_MAX = 63
SUBJECT_MAX = 255
TENANT = "tenant_id"


def parameters_of(resolver, key, address, line, node):
    tokens = address.split(".")
    used = []
    for index, token in enumerate(tokens):
        if token.startswith("{") and token.endswith("}"):
            used.append(_parameter_name(token[1:-1], index, used, line))
        elif not TOKEN.match(token):
            raise ContractError(line, f"address '{address}': '{token}' is not a token of letters, "
                                      "digits, '_' and '-', or a {parameter}")
    if tokens[0] != "nexus" or len(tokens) < 3 or tokens[1] not in ("_core", "{" + TENANT + "}"):
        raise ContractError(line, f"address '{address}' must begin with 'nexus.{{{TENANT}}}.' or "
                                  "'nexus._core.'")
    longest = sum(TOKEN_MAX if "{" in token else len(token) for token in tokens) + len(tokens) - 1
    if longest > SUBJECT_MAX:
        raise ContractError(line, f"address '{address}' can become {longest} bytes long with "
                                  f"parameters of {TOKEN_MAX}; a subject has at most {SUBJECT_MAX}")
    return _declared(resolver, key, used, line, node)


def _parameter_name(name, index, used, line):
    names.check_name(name, names.PARAMETER_NAME, line, "parameter")
    if name in used:
        raise ContractError(line, f"address uses the parameter '{name}' twice")
    if name == TENANT and index != 1:
        raise ContractError(line, f"'{TENANT}' must be the second token of the address")
    return name


def _declared(resolver, key, used, line, node):
    declared = {}
    if "parameters" in node:
        section = expect(node.get("parameters"), "mapping", "parameters")
        for name, value in section.items.items():
            where = section.key_lines[name]
            if name not in used:
                raise ContractError(where, f"parameter '{name}' is not in the address")
            value, _ = resolver.follow(value)
            expect(value, "mapping", f"parameter '{name}'")
            known_keys(value, {"description", "examples"}, f"parameter '{name}'")
            declared[name] = Parameter(name, where, text.flatten(text_of(value, "description")))
    for name in used:
        if name not in declared:
            raise ContractError(line, f"channel '{key}' does not declare the parameter '{name}'")
    return [declared[name] for name in used]


def refuse_overlaps(channels):
    for index, channel in enumerate(channels):
        for other in channels[:index]:
            if _overlap(channel.address.split("."), other.address.split(".")):
                raise ContractError(channel.line, f"address '{channel.address}' can be the same "
                                                  f"subject as '{other.address}' of "
                                                  f"'{other.key}' on line {other.line}")


def _overlap(left, right):
    return len(left) == len(right) and all(_same(a, b) for a, b in zip(left, right))


def _same(a, b):
    if "{" in a and "{" in b:
        return True
    if "{" in a or "{" in b:
        return bool(VALUE.match(b if "{" in a else a))
    return a == b
