# SPDX-License-Identifier: Apache-2.0
"""lib/generated/events.c: the typed functions, one statement each over the generic ones."""

import layout


def emit(contract):
    lines = layout.c_head("The typed publish, prepare and subscribe functions.")
    lines += ["#include <nexus/events.h>", "", '#include "../schema.h"', "",
              "/* Places in nx_channels. */", "enum {"]
    lines += [f"    {_index(channel)} = {channel.slot}," for channel in contract.channels]
    lines += ["};", ""]
    for channel in contract.channels:
        lines += _publish(channel) + [""] + _prepare(channel) + [""] + _subscribe(channel) + [""]
    return "\n".join(lines).rstrip() + "\n"


def _index(channel):
    return f"NX_{channel.c_name.upper()}"


def _values(parameters):
    if not parameters:
        return "NULL"
    names = ", ".join(parameter.c_name for parameter in parameters)
    return f"(const char *const[]){{{names}}}"


def _function(head, arguments, callee, passed):
    lines = layout.call(head, arguments, "") + ["{"]
    return lines + layout.call(f"return {callee}", passed, ";", " " * 4) + ["}"]


def _publish(channel):
    return _function(f"int nexus_publish_{channel.c_name}", layout.publish_arguments(channel),
                     "nx_publish_event",
                     ["client", f"&nx_channels[{_index(channel)}]",
                      _values(channel.publish_parameters), "event", "options", "receipt", "err"])


def _prepare(channel):
    return _function(f"int nexus_prepare_{channel.c_name}", layout.prepare_arguments(channel),
                     "nx_prepare_event",
                     ["client", f"&nx_channels[{_index(channel)}]",
                      _values(channel.publish_parameters), "event", "options", "out", "err"])


def _subscribe(channel):
    return _function(f"int nexus_subscribe_{channel.c_name}", layout.subscribe_arguments(channel),
                     "nx_subscribe_event",
                     ["client", f"&nx_channels[{_index(channel)}]", _values(channel.parameters),
                      "(nx_any_function)handler", "data", "options", "out", "err"])
