# SPDX-License-Identifier: Apache-2.0
"""Reads the declarations of the public headers: what is declared, where, and under which comment."""

import re
from pathlib import Path
from typing import Iterator, NamedTuple

TOKEN = re.compile(
    r"/\*.*?\*/"  # a comment
    r"|^[ \t]*\#(?:[^\n]*\\\n)*[^\n]*$"  # a directive, continued lines included
    r"|[^;{}/#]+|[;{}/#]",
    re.S | re.M,
)


class Declaration(NamedTuple):
    """One function, struct, enum or typedef."""

    kind: str
    name: str
    comment: str
    line: int
    text: str


def _statements(text: str) -> Iterator[tuple[str, str, int]]:
    """Yields (statement, the comment above it, line). A statement on the line below another one,
    without a comment of its own, shares that one's."""
    comment, statement, depth, start, end = "", "", 0, 0, 0
    text = text.replace("NEXUS_BEGIN_DECLS", "").replace("NEXUS_END_DECLS", "")
    for match in TOKEN.finditer(text):
        token = match.group(0)
        if token.startswith("/*"):
            if depth == 0 and not statement.strip():
                comment, statement, end = token, "", match.end()
            continue
        if token.lstrip().startswith("#"):
            continue
        if not statement.strip():
            start = match.start() + len(token) - len(token.lstrip())
            if text.count("\n", end, start) > 1:
                comment = ""
        statement += token
        depth += (token == "{") - (token == "}")
        if token == ";" and depth == 0:
            yield statement.strip(), comment, text.count("\n", 0, start) + 1
            statement, end = "", match.end()


def _classify(statement: str) -> tuple[str, str] | None:
    flat = " ".join(statement.split())
    if flat.startswith("typedef"):
        named = re.search(r"\(\*(\w+)\)\(", flat) or re.search(r"(\w+);$", flat)
        return ("typedef", named.group(1)) if named else None
    if body := re.match(r"(struct|enum) (\w+) \{", flat):
        return body.group(1), body.group(2)
    if re.match(r"struct \w+;", flat):
        return None
    if function := re.search(r"\b(\w+)\((?!\()", flat.replace("__attribute__((", "")):
        return "function", function.group(1)
    return None


def read(header: Path) -> list[Declaration]:
    """All declarations of one header, in order."""
    found = []
    for statement, comment, line in _statements(header.read_text(encoding="utf-8")):
        kind = _classify(statement)
        if kind:
            found.append(Declaration(kind[0], kind[1], comment, line, " ".join(statement.split())))
    return found


def public_headers(folder: Path) -> list[Path]:
    """The headers of the folder, by name."""
    return sorted(folder.glob("*.h"))
