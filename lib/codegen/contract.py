# SPDX-License-Identifier: Apache-2.0
"""From the YAML tree to the model, refusing on the way what the SDK could not keep."""

import re

from address import TENANT, parameters_of, refuse_overlaps
from errors import ContractError
from fingerprint import fingerprint
from kinds import examples_of, kind_of
from message import payload_of
from model import Channel, Contract, Member
from resolve import Resolver, expect, expect_text, known_keys, need, text_of
import names
import samples
import text

DOCUMENT = {"asyncapi", "id", "info", "defaultContentType", "servers", "channels", "operations",
            "components"}
CHANNEL = {"address", "title", "summary", "description", "parameters", "messages", "bindings",
           "tags", "externalDocs", "servers"}
OPERATION = {"action", "channel", "title", "summary", "description", "messages", "bindings",
             "tags", "externalDocs", "security"}


def read_contract(root):
    """The model of a document, in the document's own order."""
    known_keys(root, DOCUMENT, "document")
    _version(root)
    info = expect(need(root, "info", "the document"), "mapping", "info")
    version = expect_text(need(info, "version", "info"), "info.version")
    if not re.match(r"[0-9A-Za-z.+-]{1,32}\Z", version):
        raise ContractError(info.key_lines["version"],
                            "info.version must be 1 to 32 of letters, digits, '.', '+', '-'")
    resolver = Resolver(root)
    channels = []
    section = expect(need(root, "channels", "the document"), "mapping", "channels")
    for key, node in section.items.items():
        channels.append(_channel(resolver, key, section.key_lines[key], node))
    if not channels:
        raise ContractError(root.key_lines["channels"], "the contract has no channels")
    refuse_overlaps(channels)
    if "operations" in root:
        _operations(resolver, root.get("operations"), section)
    return Contract(version, channels)


def _version(root):
    version = expect_text(need(root, "asyncapi", "the document"), "asyncapi")
    if not re.match(r"3\.\d+\.\d+\Z", version):
        raise ContractError(root.key_lines["asyncapi"],
                            f"AsyncAPI {version} is not supported; the generator reads 3.x")
    content = root.get("defaultContentType")
    if content is not None and content.plain() != "application/json":
        raise ContractError(content.line, "defaultContentType must be application/json")


def _channel(resolver, key, line, node):
    names.check_name(key, names.CHANNEL_KEY, line, "channel")
    node, _ = resolver.follow(node)
    expect(node, "mapping", f"channel '{key}'")
    known_keys(node, CHANNEL, f"channel '{key}'")
    address_node = need(node, "address", f"channel '{key}'")
    address = expect_text(address_node, "address")
    payload = payload_of(resolver, key, node)
    members = [_member(name, schema, payload) for name, schema in payload.properties.items()]
    for name, where in payload.required.items():
        if name not in payload.properties:
            raise ContractError(where, f"required names '{name}', which is not a property")
    parameters = parameters_of(resolver, key, address, address_node.line, node)
    for parameter in parameters:
        parameter.source = _source(parameter, members)
    description = text.flatten(text_of(node, "description"))
    summary = text.flatten(text_of(node, "summary")) or text.sentence(description)
    return Channel(key, line, address, summary, description, parameters, members,
                   fingerprint(address, members), samples.read(node, members))


def _member(name, schema, payload):
    names.check_name(name, names.MEMBER_NAME, schema.line, "member")
    member = Member(name, schema.line, kind_of(schema, name), name in payload.required,
                    text.flatten(schema.description))
    member.kind.read(schema, member)
    member.examples = examples_of(schema, member)
    return member


def _source(parameter, members):
    if parameter.name == TENANT:
        return "tenant"
    carried = any(member.name == parameter.name and member.required
                  and member.kind.word == "string" for member in members)
    return "member" if carried else "argument"


# ---- operations


def _operations(resolver, node, channels):
    """Operations add nothing to the code; they must still name channels that exist."""
    for name, operation in expect(node, "mapping", "operations").items.items():
        operation, _ = resolver.follow(operation)
        expect(operation, "mapping", f"operation '{name}'")
        known_keys(operation, OPERATION, f"operation '{name}'")
        action = need(operation, "action", f"operation '{name}'")
        if action.plain() not in ("send", "receive"):
            raise ContractError(action.line, f"operation '{name}': action must be send or receive")
        target = need(operation, "channel", f"operation '{name}'")
        resolved, _ = resolver.follow(target)
        if not any(resolved is channel for channel in channels.items.values()):
            raise ContractError(target.line, f"operation '{name}' names no channel")
