# SPDX-License-Identifier: Apache-2.0
"""What a contract constrains, without a word of prose: the part of the document that programs agree
on. contract-facts.json holds it for the contract that the platform was given; the order of
channels, members and values counts."""

# What says nothing about which events are sound, by the kind of object that it stands in.
PROSE = {"title", "summary", "description"}
DOCUMENT = {"operations"}
CHANNEL = {"bindings", "x-example"}
MESSAGE = {"headers", "bindings"}
COMPONENTS = {"channelBindings", "operationBindings"}
SCHEMAS = {"EventHeaders"}


def facts(document):
    """The facts of a parsed AsyncAPI document."""
    kept = {key: value for key, value in document.items() if key not in DOCUMENT}
    kept["info"] = _without(document["info"], PROSE)
    kept["servers"] = {key: _without(value, PROSE) for key, value in document["servers"].items()}
    kept["channels"] = {key: _channel(value) for key, value in document["channels"].items()}
    components = _without(document["components"], COMPONENTS)
    components["messages"] = {key: _without(value, MESSAGE)
                              for key, value in components["messages"].items()}
    components["schemas"] = {key: _schema(value) for key, value in components["schemas"].items()
                             if key not in SCHEMAS}
    kept["components"] = components
    return kept


def _without(mapping, keys):
    return {key: value for key, value in mapping.items() if key not in keys}


def _channel(channel):
    kept = _without(channel, PROSE | CHANNEL)
    if "parameters" in kept:
        kept["parameters"] = {name: _without(value, PROSE)
                              for name, value in kept["parameters"].items()}
    return kept


def _schema(schema):
    """A schema without its prose. A property may well be called `title`."""
    kept = {}
    for key, value in schema.items():
        if key in PROSE and isinstance(value, str):
            continue
        if key == "properties":
            value = {name: _schema(part) for name, part in value.items()}
        elif key == "allOf":
            value = [_schema(part) for part in value]
        elif key in ("items", "additionalProperties") and isinstance(value, dict):
            value = _schema(value)
        kept[key] = value
    return kept
