# SPDX-License-Identifier: Apache-2.0
"""bindings/python/nexus_sdk/_publishers.py: for each channel a publish method of its own, once for
Client and once for its asynchronous twin, with all types written out for editors and mypy."""

import layout
import names
import text

HEAD = f'''\
# SPDX-License-Identifier: Apache-2.0
# {layout.MARK[0].upper()}{layout.MARK[1:]}.
"""publish_booking_created() and its like: one method for each class of events."""

from typing import Any, Mapping, Optional, Type

from . import events
from .delivery import Delivery
from .publishing import OnDone, Receipt
'''

OPTIONS = ["deadline: Optional[float] = None", "causal_id: Optional[str] = None",
           "message_id: Optional[str] = None", "cause: Optional[Delivery] = None",
           "wait_when_full: Optional[bool] = None"]
ENDS = ["wait: bool = True", "on_done: Optional[OnDone] = None"]

CLASSES = (
    ("Publishers", "What Client has beside publish(), which see.", "def", "", OPTIONS + ENDS),
    ("AsyncPublishers", "What aio.Client has beside publish(), which see.", "async def", "await ",
     OPTIONS),
)
HOOK = '''
    {define} _publish_one(self, kind: Type[events.Event], event: events.Event,
{indent}tenant: Optional[str], parameters: Optional[Mapping[str, str]],
{indent}**options: Any) -> Receipt:
        raise NotImplementedError
'''


def emit(contract):
    parts = [HEAD]
    for name, summary, define, wait, options in CLASSES:
        indent = " " * len(f"    {define} _publish_one(")
        parts.append(f'\n\nclass {name}:\n    """{summary}"""\n'
                     + HOOK.format(define=define, indent=indent))
        for channel in contract.channels:
            parts.append("\n".join([""] + _method(channel, define, wait, options) + [""]))
    return "".join(parts)


def _method(channel, define, wait, options):
    passed = [parameter.name for parameter in channel.publish_parameters
              if parameter.name != "tenant_id"]
    own = [names.python_member(name) for name in passed]
    has_tenant = len(passed) < len(channel.publish_parameters)
    arguments = (["self", f"event: events.{channel.python_name}"]
                 + (["tenant: str"] if has_tenant else [])
                 + [f"{name}: str" for name in own]
                 + ([] if has_tenant else ["tenant: Optional[str] = None"]) + ["*"] + options)
    pairs = [f"{text.python_string(name)}: {argument}" for name, argument in zip(passed, own)]
    given = [option.split(":", maxsplit=1)[0] for option in options]
    lines = layout.call(f"{define} publish_{channel.c_name}", arguments, " -> Receipt:", " " * 4)
    lines.append(f'        """publish() for {channel.python_name} alone."""')
    return lines + layout.call(
        f"return {wait}self._publish_one",
        [f"events.{channel.python_name}", "event", "tenant",
         "{" + ", ".join(pairs) + "}" if pairs else "None"]
        + [f"{name}={name}" for name in given], "", " " * 8)
