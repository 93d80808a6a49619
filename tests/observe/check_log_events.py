# SPDX-License-Identifier: Apache-2.0
"""check_log_events.py SOURCE: the log events of lib/ are those of docs/observability.md, with their keys."""
import pathlib
import re
import sys

ROOT = pathlib.Path(sys.argv[1])
CALL = re.compile(r'\bnx_log\((?P<arguments>(?:"(?:[^"\\]|\\.)*"|[^";])*?)\);', re.S)
NAME = re.compile(r'"([a-z]+(?:_[a-z]+)*)"')
KEY = re.compile(r"\b([a-z_]+)=(?=%|\\\"|[a-z])")


def logged() -> dict[str, set[str]]:
    """Event by event, the keys that are logged with it."""
    events: dict[str, set[str]] = {}
    for file in sorted((ROOT / "lib").rglob("*.c")):
        for call in CALL.finditer(file.read_text()):
            arguments = re.sub(r'"\s+"', "", call["arguments"])
            head = re.search(r"LOG_\w+,(?P<rest>.*)", arguments, re.S)
            if not head:
                continue
            # One name, or two of a conditional.
            first, _, rest = head["rest"].partition('",')
            found = NAME.findall(first + '"')
            assert found, f"{file.name}: {arguments}: a log event without a name"
            formats = re.match(r'\s*"((?:[^"\\]|\\.)*)"', rest)
            keys = set(KEY.findall(formats[1])) if formats else set()
            for name in found:
                events.setdefault(name, set()).update(keys)
    return events


def documented() -> dict[str, str]:
    """Event by event, its row of the table."""
    text = (ROOT / "docs" / "observability.md").read_text().partition("## Log lines")[2]
    rows = {}
    for line in text.splitlines():
        if line.startswith("| `"):
            for name in re.findall(r"`(\w+)`", line.split("|")[1]):
                rows[name] = line
    return rows


def main() -> None:
    events, rows = logged(), documented()
    assert len(events) > 20, events
    assert set(events) == set(rows), f"only in lib/: {set(events) - set(rows)}; only in the page: {set(rows) - set(events)}"
    for name, keys in events.items():
        if "the same" in rows[name]:
            continue
        missing = {key for key in keys if f"`{key}`" not in rows[name]}
        assert not missing, f"{name}: the page does not know {missing}"
    print(f"{len(events)} events")


main()
