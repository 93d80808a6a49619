# SPDX-License-Identifier: Apache-2.0
"""The code in the documentation: C is compiled with warnings as errors, Python and JSON are parsed,
shell is read by sh, and each nexusctl command in it must exist.

A block of C is a whole file, or stands inside a function that has `client` and `err`. Functions of a
page's earlier blocks are there for its later ones. What else it builds on may stand in a comment above
it, which readers do not see, <!-- with: int port = 0; -->, and is then checked, too; variables that
stand nowhere are passed over, names of the library never."""

import ast
import json
import os
import re
import subprocess
import sys
import tempfile
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import NamedTuple

FENCE = re.compile(r"(?:<!-- with: (?P<given>[^>]*?) -->\n)?^(?P<indent> *)```(?P<language>\w*)[^\n]*\n(?P<text>.*?)^(?P=indent)```$", re.M | re.S)
# At the beginning of a line, what cannot stand inside a function.
OUTSIDE = re.compile(r"^(static [^=;]*\(|#include|(?:struct|enum) \w+ \{|typedef|(?:int|void) \w+\([^;]*\)\n\{)", re.M)
HEAD = """\
#include <nexus/nexus.h>
#include <nexus/testing.h>
#include <inttypes.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
"""
# "x.c:9:1: error: 'count' undeclared (first use in this function)", with all that belongs to it
UNDECLARED = re.compile(r"error: '(?!nexus_)[a-z]\w*' undeclared")
COMPILER = ["gcc", "-std=gnu11", "-fsyntax-only", "-Wall", "-Werror", "-Wno-unused-variable", "-Wno-unused-function",
            "-Wno-unused-but-set-variable", "-x", "c"]


class Block(NamedTuple):
    place: str
    language: str
    text: str
    given: str


def blocks(path: Path, root: Path) -> list[Block]:
    text = path.read_text(encoding="utf-8")
    found = []
    for match in FENCE.finditer(text):
        indent = match["indent"]
        lines = [line.removeprefix(indent) for line in match["text"].splitlines(keepends=True)]
        place = f"{path.relative_to(root)}:{text.count(chr(10), 0, match.start()) + 1}"
        found.append(Block(place, match["language"], "".join(lines), match["given"] or ""))
    return found


def compile_c(root: Path, source: str, place: str) -> str | None:
    with tempfile.NamedTemporaryFile("w", suffix=".c", encoding="utf-8") as file:
        file.write(source)
        file.flush()
        result = subprocess.run([*COMPILER, f"-I{root}/include", file.name], capture_output=True, text=True, check=False,
                                env={"LC_ALL": "C", "PATH": os.environ["PATH"]})
    wrong = [line for line in result.stderr.splitlines() if "error:" in line and not UNDECLARED.search(line)]
    return f"{place}: C\n{result.stderr}" if wrong else None


def check_c(root: Path, block: Block, before: list[str]) -> str | None:
    if "int main(" in block.text:
        return compile_c(root, block.text, block.place)
    head = HEAD + "".join(before)
    if OUTSIDE.search(block.text):
        return compile_c(root, head + block.given + "\n" + block.text, block.place)
    body = (f"void fragment(struct nexus_client *client);\nvoid fragment(struct nexus_client *client)\n{{\n"
            f"struct nexus_error err = NEXUS_ERROR_INIT;\n(void)client, (void)err;\n{block.given}\n{{\n{block.text}\n}}\n}}\n")
    return compile_c(root, head + body, block.place)


def check_shell(block: Block, commands: set[str]) -> str | None:
    result = subprocess.run(["sh", "-n"], input=block.text, capture_output=True, text=True, check=False)
    if result.returncode:
        return f"{block.place}: sh\n{result.stderr}"
    for words in re.findall(r"(?:^|[|;&$(]\s*)nexusctl ([^\n|;&]*)", block.text, re.M):
        command = next((word for word in words.split() if not word.startswith("-")), None)
        if command and command not in commands and command != "COMMAND":
            return f"{block.place}: nexusctl has no command {command}"
    return None


def check_data(block: Block) -> str | None:
    try:
        if block.language == "json":
            json.loads(block.text)
        else:
            ast.parse(block.text)
    except (ValueError, SyntaxError) as error:
        return f"{block.place}: {block.language}: {error}"
    return None


def page(root: Path, path: Path, commands: set[str]) -> tuple[int, list[str]]:
    failures, before, count = [], [], 0
    for block in blocks(path, root):
        failure = None
        if block.language == "c":
            failure = check_c(root, block, before)
            if OUTSIDE.search(block.text) and "int main(" not in block.text:
                before.append(block.given + "\n" + block.text)
        elif block.language in ("sh", "console", "bash"):
            failure = check_shell(block, commands)
        elif block.language in ("json", "python"):
            failure = check_data(block)
        else:
            continue
        count += 1
        failures += [failure] if failure else []
    return count, failures


def main() -> int:
    root, nexusctl = Path(sys.argv[1]).resolve(), sys.argv[2]
    helped = subprocess.run([nexusctl, "--help"], capture_output=True, text=True, check=True).stdout
    commands = set(re.findall(r"^  ([a-z]+) +\S", helped, re.M))
    pages = [*sorted(root.glob("*.md")), *sorted(root.glob("docs/**/*.md")), *sorted(root.glob("bindings/**/*.md"))]
    with ThreadPoolExecutor(max_workers=2) as pool:
        results = list(pool.map(lambda path: page(root, path, commands), pages))
    failures = [failure for _, found in results for failure in found]
    count = sum(number for number, _ in results)
    print("\n".join(failures) or f"{count} blocks of code in {len(pages)} files are sound")
    return 1 if failures or count < 50 else 0


if __name__ == "__main__":
    sys.exit(main())
