# SPDX-License-Identifier: Apache-2.0
"""Text of the contract is data: here it is made safe for each language that it is written into."""

import json
import re
import textwrap


def flatten(text):
    """One line: runs of white space become single spaces."""
    return " ".join(text.split())


def sentence(text):
    """The first sentence of a description."""
    first = re.split(r"(?<=[.!?])\s", flatten(text), maxsplit=1)[0]
    return first


def full_stop(text):
    return text if not text or text[-1] in ".!?:" else text + "."


def c_string(text):
    """A C string literal, in ASCII whatever the text."""
    out = []
    for byte in text.encode("utf-8"):
        character = chr(byte)
        if character in '"\\' or (character == "?" and out and out[-1].endswith("?")):
            out.append("\\" + character)
        elif 0x20 <= byte < 0x7F:
            out.append(character)
        else:
            out.append(f"\\{byte:03o}")
    return '"' + "".join(out) + '"'


def c_source(text):
    """A C string literal for people to read: what can be shown is."""
    escaped = text.replace("\\", "\\\\").replace('"', '\\"').replace("??", "?\\?")
    return '"' + re.sub(r"[\x00-\x1f]", lambda match: f"\\{ord(match[0]):03o}", escaped) + '"'


def c_string_or_null(text):
    return "NULL" if text is None else c_string(text)


def c_comment(text):
    """Text inside a C comment: it cannot end the comment or open another."""
    return flatten(text).replace("*/", "* /").replace("/*", "/ *")


def python_doc(text):
    """Text inside a Python docstring."""
    return flatten(text).replace("\\", "\\\\").replace('"""', '\\"\\"\\"')


def python_string(text):
    """A Python string literal with double quotes."""
    return json.dumps(text, ensure_ascii=False)


def markdown(text):
    """Plain text in Markdown, in a paragraph or a table."""
    text = flatten(text)
    text = re.sub(r"([\\`*\[\]<>|~])", r"\\\1", text)
    text = re.sub(r"(?<![A-Za-z0-9])_|_(?![A-Za-z0-9])", r"\\_", text)
    text = re.sub(r"&(?=[A-Za-z#])", "&amp;", text)
    return re.sub(r"^([#+-]|\d+(?=[.)]))", r"\\\1", text)


def markdown_code(text, in_table=False):
    """A code span, with a fence longer than any run of backticks in the text."""
    runs = [len(run) for run in re.findall(r"`+", text)]
    fence = "`" * (max(runs, default=0) + 1)
    pad = " " if text.startswith("`") or text.endswith("`") or not text.strip() else ""
    if in_table:
        text = text.replace("|", "\\|")
    return f"{fence}{pad}{text}{pad}{fence}"


def shell(text):
    """One argument of a POSIX shell command."""
    return "'" + text.replace("'", "'\\''") + "'"


def json_text(value):
    """Compact JSON with its characters readable."""
    return json.dumps(value, ensure_ascii=False, separators=(",", ":"))


def wrap(text, width, first="", rest=""):
    """Lines of at most `width` characters; long words are left whole."""
    return textwrap.wrap(text, width, initial_indent=first, subsequent_indent=rest,
                         break_long_words=False, break_on_hyphens=False) or [first.rstrip()]
