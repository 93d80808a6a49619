# SPDX-License-Identifier: Apache-2.0
"""Messages: one per channel, and its body the event envelope with a payload inside."""

from errors import ContractError
from resolve import expect, known_keys, need

MESSAGE = {"name", "title", "summary", "description", "contentType", "payload", "headers",
           "bindings", "tags", "externalDocs", "examples"}

# The headers that the SDK writes; a contract cannot ask it for others.
HEADERS = {"traceparent", "Nats-Msg-Id", "Nexus-Schema", "Nexus-Signature", "Nexus-Capability",
           "Nexus-Resent"}


def payload_of(resolver, key, node):
    """The schema of the `payload` member inside the envelope of the channel's only message."""
    messages = expect(need(node, "messages", f"channel '{key}'"), "mapping", "messages")
    if len(messages.items) != 1:
        raise ContractError(node.key_lines["messages"], f"channel '{key}' has {len(messages.items)}"
                                                        " messages; it must have one")
    message, _ = resolver.follow(next(iter(messages.items.values())))
    expect(message, "mapping", "a message")
    known_keys(message, MESSAGE, "message")
    content = message.get("contentType")
    if content is not None and content.plain() != "application/json":
        raise ContractError(content.line, "contentType must be application/json")
    if "headers" in message:
        _headers(resolver, message.get("headers"))
    return _envelope(resolver.schema(need(message, "payload", "a message")))


def _headers(resolver, node):
    node, _ = resolver.follow(node)
    expect(node, "mapping", "headers")
    known_keys(node, {"type", "description", "properties", "required"}, "headers")
    if "properties" in node:
        section = expect(node.get("properties"), "mapping", "properties")
        for name in section.items:
            if name not in HEADERS:
                raise ContractError(section.key_lines[name], f"header '{name}' is not one that the "
                                                             "SDK writes")


def _envelope(schema):
    """Checks that a message's body is the envelope that the runtime writes, and nothing else."""
    if schema.word("type") != "object":
        raise ContractError(schema.line, "a message's payload must be the event envelope")
    _only(schema, {"type", "properties", "required"}, "the envelope")
    wanted = {"causal_id": "string", "vector_clock": "object", "payload": "object",
              "tenant": "string"}
    for name, part in schema.properties.items():
        if name not in wanted:
            raise ContractError(part.line, f"'{name}' beside 'payload': the envelope has no such "
                                           "member; put it into the payload")
        if part.word("type") != wanted[name]:
            raise ContractError(part.line, f"the envelope's '{name}' must be of type "
                                           f"{wanted[name]}")
    for name, line in schema.required.items():
        if name not in wanted:
            raise ContractError(line, f"the envelope has no member '{name}' to require")
    for name in wanted:
        if name not in schema.properties:
            raise ContractError(schema.line, f"the envelope lacks '{name}'")
        if (name in schema.required) != (name != "tenant"):
            raise ContractError(schema.required.get(name, schema.properties[name].line),
                                "the envelope must require causal_id, vector_clock and payload, "
                                "and nothing else")
    _only(schema.properties["causal_id"], {"type"}, "causal_id")
    _only(schema.properties["tenant"], {"type"}, "tenant")
    _vector_clock(schema.properties["vector_clock"])
    _only(schema.properties["payload"], {"type", "properties", "required"}, "a payload")
    return schema.properties["payload"]


def _only(schema, words, what):
    for key in schema.words:
        if key not in words:
            raise ContractError(schema.line_of(key), f"'{key}' is not supported on {what}")


def _vector_clock(schema):
    _only(schema, {"type", "additionalProperties"}, "vector_clock")
    counter = schema.additional
    if counter is None or counter.word("type") != "integer" or len(counter.words) != 1:
        raise ContractError(schema.line, "vector_clock must map any name to an integer")
