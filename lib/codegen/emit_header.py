# SPDX-License-Identifier: Apache-2.0
"""include/nexus/events.h: the structs, enums and functions that programs are written against."""

import layout
import text

INDENT = " " * 4

PRELUDE = """\
/**
 * @file events.h
 * The events of the contract: for each channel a struct, and a function each to publish, prepare
 * and subscribe.
 * docs/events.md describes the same with examples.
 *
 * Structs. Start from the channel's INIT macro and set what the event has:
 *
 *     struct nexus_pii_masked event = NEXUS_PII_MASKED_INIT;
 *     event.has_token_count_before = true;
 *     event.token_count_before = 812;
 *
 *   - A string or array that is absent is NULL. An optional number counts when its `has_` flag is
 *     set; a required one always does. An enum that is absent is 0, `…_UNSET`.
 *   - `json` holds the payload's members beyond the typed ones, as the text of one JSON object, or
 *     is NULL. On a channel whose payload the contract leaves open it is the whole payload. What is
 *     there is published with the event, and what is received there is kept, so that passing an
 *     event on loses nothing. A member that is given both typed and in `json` is refused, except
 *     one that joined its struct later: such a member is received in both places, and when both
 *     are published the typed one counts.
 *   - An enum value that this library does not know is received as `…_UNRECOGNIZED`, its text
 *     beside it. A library newer than this header may deliver constants that the header does not
 *     name: treat them in the `default` branch, as unrecognized.
 *   - Structs grow at the end. Pass a received event on by its pointer; in a copy of the struct set
 *     `size` to the copy's own.
 *
 * Handlers. A handler gets the event, valid until it returns (or, after NEXUS_DEFER, until the
 * delivery is settled), and returns a verdict; <nexus/delivery.h> has the rest. Required members of
 * a received event are there: handlers need not check them.
 *
 * Publishing: threads, deadlines, receipts and errors are those of nexus_publish_json(), see
 * <nexus/publish.h>; inputs are copied. Preparing, for an outbox: those of nexus_prepare_json(), see
 * <nexus/outbox.h>; the prepared event is the caller's: nexus_prepared_destroy(). Subscribing: those of nexus_subscribe_json(), see
 * <nexus/subscribe.h>. The returned subscription is the caller's: nexus_subscription_destroy().
 */"""


def emit(contract):
    lines = layout.c_head("The typed events.") + [PRELUDE]
    lines += ["#ifndef NEXUS_EVENTS_H", "#define NEXUS_EVENTS_H", "",
              "#include <nexus/outbox.h>", "#include <nexus/publish.h>",
              "#include <nexus/subscribe.h>", ""]
    if any(starts_batch(channel, member) for channel in contract.channels
           for member in channel.members):
        lines += _appended()
    lines += ["NEXUS_BEGIN_DECLS", ""]
    for channel in contract.channels:
        lines += _channel(channel)
    lines += ["NEXUS_END_DECLS", "", "#endif"]
    return "\n".join(lines) + "\n"


def starts_batch(channel, member):
    """Whether the member is the first of a later extension of its struct."""
    if not member.later:
        return False
    first = min((m for m in channel.members if m.batch == member.batch), key=lambda m: m.slot)
    return first is member


def _appended():
    return ["/* Where a struct was extended. On machines with 32-bit pointers the new member might",
            " * otherwise land in what was padding, inside the size that older programs state. */",
            "#if defined(__GNUC__)",
            "#define NEXUS_EXTENSION __attribute__((aligned(8)))",
            "#else",
            "#define NEXUS_EXTENSION",
            "#endif", ""]


def _channel(channel):
    lines = [f"/* {'-' * 8} {channel.key} {'-' * 8} */", ""]
    for member in channel.members:
        if member.values:
            lines += _enum(channel, member) + [""]
    lines += _struct(channel) + [""]
    lines += [f"/** An event with nothing in it. @since {channel.since} */"]
    lines += layout.initialiser(f"{channel.upper}_INIT", _initial_values(channel)) + [""]
    lines += _handler(channel) + [""]
    lines += _publish(channel) + [""] + _prepare(channel) + [""]
    return lines + _subscribe(channel) + [""]


def _initial_values(channel):
    values = [f"sizeof(struct {channel.struct})", "NULL"]
    for member in channel.members:
        values += member.kind.c_init(member, channel.enum_prefix(member))
    return values


def _enum(channel, member):
    prefix = channel.enum_prefix(member)
    lines = layout.doc([f"The values of `{member.name}` in {channel.key}.",
                        f"@since {member.since}"])
    lines += [f"enum {channel.enum_tag(member)} {{", f"    {prefix}_UNSET = 0, /**< Absent. */"]
    for value in member.values_by_number:
        since = f" @since {value.since}" if value.since != member.since else ""
        lines.append(f"    {prefix}_{value.constant} = {value.number}, "
                     f"/**< {text.c_comment(text.json_text(value.text))}{since} */")
    lines.append(f"    {prefix}_UNRECOGNIZED = 0x7fffffff "
                 "/**< Received, but unknown here. */")
    return lines + ["};"]


def _struct(channel):
    lines = layout.doc([text.full_stop(channel.summary), beyond(channel.summary,
                                                                 channel.description),
                        f"Subject: {channel.address}.", f"@since {channel.since}"])
    lines += [f"struct {channel.struct} {{",
              f"    size_t size; /**< As {channel.upper}_INIT sets it. */"]
    if channel.members:
        lines.append("    const char *json; /**< Members beyond the typed ones, or NULL. */")
    else:
        lines.append("    const char *json; /**< The payload: the text of one JSON object. */")
    for member in channel.members:
        lines += _member(channel, member)
    return lines + ["};"]


def beyond(summary, description):
    """The description without the sentence that the summary repeats."""
    if description.startswith(summary):
        description = description[len(summary):].lstrip(" .")
    return text.full_stop(description)


def member_facts(channel, member):
    """Presence, limits and example of a member, in a sentence."""
    facts = ["Required" if member.required else "Optional"] + member.kind.limits(member)
    line = "; ".join(facts) + "."
    if member.examples:
        line += f" Example: {text.json_text(member.examples[0])}."
    if member.since != channel.since:
        line += f" @since {member.since}"
    return line


def _member(channel, member):
    attribute = " NEXUS_EXTENSION" if starts_batch(channel, member) else ""
    lines = []
    for declaration, comment in member.kind.c_members(member, channel.enum_tag(member)):
        if not comment:
            lines += layout.doc([text.full_stop(member.description),
                                 member_facts(channel, member)], INDENT)
        line = f"{INDENT}{declaration}{attribute};"
        attribute = ""
        if comment and len(line) + len(comment) + len(" /**<  */") > layout.WIDTH:
            lines += layout.doc([comment], INDENT)
        elif comment:
            line += f" /**< {comment} */"
        lines.append(line)
    return lines


def _handler(channel):
    lines = layout.doc([f"Handles an event of {channel.key}.", f"@since {channel.since}"])
    return lines + layout.call(f"typedef enum nexus_verdict (*{channel.struct}_handler)",
                               [f"const struct {channel.struct} *event",
                                "struct nexus_delivery *delivery", "void *data"], ";")


def _publish(channel):
    paragraphs = [f"Publishes one event of {channel.key}. Threads, deadline, receipt and errors are those "
                  "of nexus_publish_json()."]
    for parameter in channel.parameters:
        if parameter.source == "member":
            paragraphs.append(f"The subject's `{parameter.name}` is the event's own.")
        else:
            paragraphs.append(f"@param {parameter.c_name} "
                              + _described(parameter, "The subject's"))
    lines = layout.doc(paragraphs + [f"@since {channel.since}"])
    return lines + layout.call(f"NEXUS_API int nexus_publish_{channel.c_name}",
                               layout.publish_arguments(channel), ";")


def _prepare(channel):
    lines = layout.doc([f"Prepares one event of {channel.key} for an outbox, as nexus_prepare_json(); "
                        f"parameters as above. @since {channel.since}"])
    return lines + layout.call("NEXUS_API NEXUS_MUST_CHECK int "
                               f"nexus_prepare_{channel.c_name}",
                               layout.prepare_arguments(channel), ";")


def _subscribe(channel):
    paragraphs = [f"Subscribes to {channel.key}. Threads and errors are those of nexus_subscribe_json(); "
                  "on success `*out` is the caller's."]
    for parameter in channel.parameters:
        paragraphs.append(f"@param {parameter.c_name} "
                          + _described(parameter, "Only events with this") + " NULL: all.")
    lines = layout.doc(paragraphs + [f"@since {channel.since}"])
    return lines + layout.call("NEXUS_API NEXUS_MUST_CHECK int "
                               f"nexus_subscribe_{channel.c_name}",
                               layout.subscribe_arguments(channel), ";")


def _described(parameter, otherwise):
    return text.full_stop(parameter.description or f"{otherwise} `{parameter.name}`")
