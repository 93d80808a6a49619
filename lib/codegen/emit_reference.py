# SPDX-License-Identifier: Apache-2.0
"""docs/events.md: the event reference."""

import layout
import samples
import text
from emit_header import beyond

HEAD = """\
# The events

{title}

Version {version} of the contract: {count} channels. Every event travels as one JSON envelope
(`causal_id`, `vector_clock`, `payload`, `tenant`); this page is about what stands in `payload`.

How to read it:

- **Subject**: where the event travels. `{{tenant_id}}` is the tenant; subjects that begin with
  `nexus._core` belong to the platform itself.
- A **required** member is in every event; without it nothing is published, and nothing is delivered.
- Lengths count Unicode characters. Integers lie within ±(2^53 − 1). Members beyond those listed are
  allowed, and are kept: in C in `json`, in Python in `extra`.
- An **open** channel has no schema yet: its payload is any JSON object.
- Besides the publish function that the examples show, each channel has `nexus_prepare_<channel>()`,
  with the same arguments but for the last: an event for the application's own outbox
  (docs/outbox.md).
- The C examples stand inside a function with a connected `client` and a `struct nexus_error err`;
  the shell examples read `NEXUS_URL`.
"""

HANDLER = """
## Receiving

A handler gets the event and returns a verdict; it runs inside `nexus_client_run()`. All channels
work alike:

```c
{handler}
{{
    (void)event, (void)data;
    printf("%s\\n", nexus_delivery_payload(delivery));
    return NEXUS_ACK;
}}
```

```c
struct nexus_subscription *subscription = NULL;
{subscribe}
```
"""

TYPES = {"string": "string", "integer": "integer", "number": "number", "enum": "string",
         "string-array": "array of strings", "integer-array": "array of integers"}
INDENT = " " * 4


def emit(contract):
    mark = f"<!-- SPDX-License-Identifier: Apache-2.0 -->\n<!-- {layout.MARK} -->"
    title = "What the Nexus platform says, and to whom."
    lines = [mark, HEAD.format(title=title, version=contract.version,
                               count=len(contract.channels))]
    lines += _contents(contract) + [_receiving(contract)]
    for channel in contract.channels:
        lines += _channel(channel) + [""]
    return "\n".join(lines).rstrip() + "\n"


def _receiving(contract):
    """How a subscription looks, with the first typed channel as the example."""
    channel = next((one for one in contract.channels if one.members), contract.channels[0])
    handler = layout.call(f"static enum nexus_verdict on_{channel.c_name}",
                          [f"const struct {channel.struct} *event",
                           "struct nexus_delivery *delivery", "void *data"], "")
    arguments = ["client"] + ["NULL"] * len(channel.parameters)
    arguments += [f"on_{channel.c_name}", "NULL", "NULL", "&subscription", "&err"]
    subscribe = layout.call(f"int status = nexus_subscribe_{channel.c_name}", arguments, ";")
    return HANDLER.format(handler="\n".join(handler), subscribe="\n".join(subscribe))


def _contents(contract):
    lines = ["| Channel | Subject | What it says |", "|---|---|---|"]
    for channel in contract.channels:
        lines.append(f"| [{channel.key}](#{channel.key.lower()}) "
                     f"| {text.markdown_code(channel.address)} "
                     f"| {text.markdown(text.full_stop(channel.summary))} |")
    return lines


def _channel(channel):
    lines = [f"## {channel.key}", "", text.markdown(text.full_stop(channel.summary))]
    description = beyond(channel.summary, channel.description)
    if description:
        lines[-1] += " " + text.markdown(description)
    lines += ["", f"Subject {text.markdown_code(channel.address)} · C `struct {channel.struct}` · "
                  f"Python `{channel.python_name}` · fingerprint `{channel.fingerprint}`"
                  + (f" · since {channel.since}" if channel.since != "1.0" else ""), ""]
    lines += _members(channel) + [""]
    return lines + _c_example(channel) + [""] + _shell_example(channel)


def _members(channel):
    if not channel.members:
        return ["The payload is open: any JSON object."]
    lines = ["| Member | Type | Presence | Meaning | Example |",
             "|---|---|---|---|---|"]
    for member in channel.members:
        limits = [limit for limit in member.kind.limits(member) if not member.values]
        limits += ["one of " + ", ".join(text.markdown_code(value.text, True)
                                         for value in member.values)] if member.values else []
        kind = ", ".join([TYPES[member.kind.word]] + limits)
        meaning = text.markdown(text.full_stop(member.description))
        if member.since != channel.since:
            meaning += f" Since {member.since}."
        example = text.markdown_code(text.json_text(samples.value_of(channel, member)), True)
        lines.append(f"| `{member.name}` | {kind} | "
                     f"{'required' if member.required else 'optional'} | {meaning} | {example} |")
    return lines


# ---- examples


def _c_example(channel):
    payload = samples.payload_of(channel)
    lines = ["```c", f"struct {channel.struct} event = {channel.upper}_INIT;"]
    for member in channel.members:
        if member.name in payload:
            lines += _assign(channel, member, payload.pop(member.name))
    if payload:
        lines += _json(payload)
    arguments = ["client"] + [text.c_source(samples.token_of(parameter))
                              for parameter in channel.publish_parameters]
    arguments += ["&event", "NULL", "NULL", "&err"]
    lines += layout.call(f"int status = nexus_publish_{channel.c_name}", arguments, ";")
    return lines + ["```"]


def _assign(channel, member, value):
    name = f"event.{member.c_name}"
    kind = member.kind.word
    if kind.endswith("-array"):
        item = "const char *const" if kind == "string-array" else "const int64_t"
        items = ", ".join(_literal(channel, member, one) for one in value)
        return [f"{item} {member.c_name}[] = {{{items}}};", f"{name} = {member.c_name};",
                f"event.{member.kind.beside(member)} = {len(value)};"]
    lines = [f"event.{member.kind.beside(member)} = true;"] \
        if member.kind.scalar and member.layout_optional else []
    return lines + [f"{name} = {_literal(channel, member, value)};"]


def _json(payload):
    """The assignment of a JSON text, broken between its members."""
    members = [text.json_text({name: value})[1:-1] for name, value in payload.items()]
    chunks = [member + "," for member in members[:-1]] + [members[-1] + "}"]
    lines = ["{"]
    for chunk in chunks:
        if len(text.c_source(lines[-1] + chunk)) > 80:
            lines.append("")
        lines[-1] += chunk
    head = "event.json = "
    return [(head if not index else " " * len(head)) + text.c_source(line)
            + (";" if index == len(lines) - 1 else "") for index, line in enumerate(lines)]


def _literal(channel, member, value):
    if member.values:
        constant = next(known.constant for known in member.values if known.text == value)
        return f"{channel.enum_prefix(member)}_{constant}"
    return text.c_source(value) if isinstance(value, str) else repr(value)


def _shell_example(channel):
    options = ""
    for parameter in channel.publish_parameters:
        value = samples.token_of(parameter)
        options += f" --tenant {value}" if parameter.source == "tenant" \
            else f" --parameter {parameter.name}={value}"
    payload = text.shell(text.json_text(samples.payload_of(channel)))
    return ["```sh", f"nexusctl pub {channel.key}{options} {payload}", f"nexusctl sub {channel.key}",
            "```"]
