# SPDX-License-Identifier: Apache-2.0
"""Writes the table of all channels that the tests walk, from the contract and the naming rules alone.

It shares nothing with the library's own generator: where the two understand the contract or the
rules differently, the result does not compile, or an event comes back with another value."""

import re
import sys
from pathlib import Path

import yaml

KINDS = {"string": "STRING", "integer": "INTEGER", "number": "NUMBER"}


def snake(name: str) -> str:
    return re.sub(r"(?<=[a-z0-9])([A-Z])", r"_\1", name).lower()


def resolve(document: dict, node: dict) -> dict:
    while "$ref" in node:
        target = document
        for step in node["$ref"].removeprefix("#/").split("/"):
            target = target[step]
        node = target
    return node


def payload_of(document: dict, schema: dict) -> dict:
    """The `payload` member's own properties and required names, over all branches of allOf."""
    schema = resolve(document, schema)
    merged: dict = {"properties": {}, "required": []}
    for branch in schema.get("allOf", []):
        part = payload_of(document, branch)
        merged["properties"].update(part["properties"])
        merged["required"] += part["required"]
    own = resolve(document, schema.get("properties", {}).get("payload", {}))
    merged["properties"].update(own.get("properties", {}))
    merged["required"] += own.get("required", [])
    return merged


def kind_of(schema: dict) -> str:
    if schema["type"] == "array":
        return KINDS[schema["items"]["type"]] + "_ARRAY"
    return "ENUM" if "enum" in schema else KINDS[schema["type"]]


def text(value: str | None) -> str:
    return "NULL" if value is None else f'"{value}"'


def member(struct: str, name: str, schema: dict, required: bool) -> list[str]:
    kind = kind_of(schema)
    beside = {"ENUM": f"{name}_text", "STRING_ARRAY": f"{name}_count", "INTEGER_ARRAY": f"{name}_count"}.get(kind)
    if kind in ("INTEGER", "NUMBER") and not required:
        beside = f"has_{name}"
    at = f"offsetof({struct}, {beside})" if beside else "TEST_NO_OFFSET"
    values = ", ".join(text(value) for value in schema.get("enum", [])) or "NULL"
    return [
        f'    {{"{name}", NEXUS_KIND_{kind}, {str(required).lower()}, {text(schema.get("format"))},',
        f"     {schema.get('maxLength', 0)}, offsetof({struct}, {name}), {at}, {{{values}}}}},",
    ]


def channel_code(document: dict, key: str, channel: dict) -> tuple[list[str], str]:
    name = snake(key)
    struct = f"struct nexus_{name}"
    parameters = re.findall(r"\{(\w+)\}", channel["address"])
    tenant = "tenant_id" in parameters
    message = resolve(document, next(iter(channel["messages"].values())))
    payload = payload_of(document, message["payload"])
    lines = [f"/* {key} */"]
    members = [
        line
        for field, schema in payload["properties"].items()
        for line in member(struct, field, schema, field in payload["required"])
    ]
    if members:
        lines += [f"static const struct test_member {name}_members[] = {{", *members, "};"]
    published = ", ".join(["client", "tenant"] if tenant else ["client"])
    subscribed = ", ".join(["client"] + ["parameter"] * len(parameters))
    quiet = "" if tenant else "    (void)tenant;\n"
    unused = "" if parameters else "    (void)parameter;\n"
    lines += [
        f"""static int publish_{name}(struct nexus_client *client, const char *tenant, const void *event,
    const struct nexus_publish_options *options, struct nexus_receipt *receipt, struct nexus_error *err)
{{
{quiet}    return nexus_publish_{name}({published}, (const {struct} *)event, options, receipt, err);
}}
static enum nexus_verdict handle_{name}(const {struct} *event, struct nexus_delivery *delivery, void *data)
{{
    struct test_sink *sink = data;
    return sink->handle(&test_channels[TEST_{name.upper()}], event, delivery, sink->data);
}}
static int subscribe_{name}(struct nexus_client *client, const char *parameter, struct test_sink *sink,
    const struct nexus_subscribe_options *options, struct nexus_subscription **out, struct nexus_error *err)
{{
{unused}    return nexus_subscribe_{name}({subscribed}, handle_{name}, sink, options, out, err);
}}
static void init_{name}(void *event)
{{
    {struct} fresh = NEXUS_{name.upper()}_INIT;
    memcpy(event, &fresh, sizeof fresh);
}}
"""
    ]
    table = f"{name}_members" if members else "NULL"
    count = len(payload["properties"])
    row = (
        f'    {{"{key}", "{name}", "{channel["address"]}", {str(tenant).lower()}, {len(parameters)}, sizeof({struct}),\n'
        f"     offsetof({struct}, json), {table}, {count}, init_{name}, publish_{name}, subscribe_{name}}},"
    )
    return lines, row


def main() -> None:
    document = yaml.safe_load(Path(sys.argv[1]).read_text(encoding="utf-8"))
    names = [snake(key) for key in document["channels"]]
    lines = ["/* SPDX-License-Identifier: Apache-2.0 */", "/* Written by generate.py from the contract. */"]
    lines += ['#include "channels.h"', "#include <string.h>", ""]
    lines += ["enum {", *[f"    TEST_{name.upper()}," for name in names], "};", ""]
    rows = []
    for key, channel in document["channels"].items():
        code, row = channel_code(document, key, channel)
        lines += code
        rows.append(row)
    lines += ["const struct test_channel test_channels[] = {", *rows, "};"]
    lines += [f"const size_t test_channel_count = {len(rows)};"]
    Path(sys.argv[2]).write_text("\n".join(lines) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
