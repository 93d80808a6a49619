# SPDX-License-Identifier: Apache-2.0
"""The layout of the public structs and the numbers of the public constants, one line each:

    NEXUS_E_INVALID -1              an enumerator, or a macro that is a number
    nexus_error 512                 the size of a struct
    nexus_error.code 0+4 int32_t    offset, size and type of a member

with a column of numbers for each kind of machine. A compiler says them for any machine that it knows, without
that machine's C library: a small program is only assembled, and the numbers are read out of the text."""

import re
import subprocess
import sys
import tempfile
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parent.parent / "headers"))
import declarations  # noqa: E402  pylint: disable=wrong-import-position

NUMBER = re.compile(r"^#define (NEXUS_\w+)[ \t]+(?:0x[0-9a-fA-F]+|[0-9]+)[uUlL]*[ \t]*$", re.M)
MARK = re.compile(r'"->(.+?) (-?\d+)"')
VERSIONS = re.compile(r"NEXUS_VERSION_")


def _members(statement: str) -> dict[str, str]:
    """Name -> type of a struct's members, in order."""
    body = statement[statement.index("{") + 1 : statement.rindex("}")]
    types = {}
    for declaration in body.replace("NEXUS_EXTENSION", "").split(";"):
        if declaration.strip():
            pointer = re.search(r"\(\*(\w+)\)", declaration)
            plain = re.search(r"(\w+)\s*(?:\[[^]]*\]\s*)?$", declaration)
            found = pointer or plain
            if not found:
                raise SystemExit(f"not understood: {declaration}")
            at = found.span(1)
            types[found.group(1)] = " ".join((declaration[: at[0]] + declaration[at[1] :]).split())
    return types


def _enumerators(statement: str) -> list[str]:
    body = statement[statement.index("{") + 1 : statement.rindex("}")]
    return [item.split("=")[0].strip() for item in body.split(",") if item.strip()]


def _expressions(headers: list[Path]) -> list[tuple[str, str]]:
    """(text of the line, constant expression) for everything that has a number."""
    found = []
    for header in headers:
        for name in NUMBER.findall(header.read_text(encoding="utf-8")):
            if not VERSIONS.match(name):
                found.append((name, name))
        for item in declarations.read(header):
            if item.kind == "struct":
                found.append((item.name, f"sizeof(struct {item.name})"))
                for member in _members(item.text):
                    at = f"struct {item.name}, {member}"
                    found.append((f"{item.name}.{member}", f"offsetof({at})"))
                    found.append((f"{item.name}.{member}.size", f"sizeof(((struct {item.name} *)0)->{member})"))
            elif item.kind == "enum":
                found += [(name, name) for name in _enumerators(item.text)]
    return found


def of(include: Path, compiler: list[str]) -> dict[str, str]:
    """The layout of the headers in a folder, as `compiler` sees it."""
    headers = declarations.public_headers(include / "nexus")
    expressions = _expressions(headers)
    lines = [f"#include <nexus/{header.name}>" for header in headers] + ["void layout(void)", "{"]
    lines += [f'''    __asm__ volatile(".ascii \\"->{text} %c0\\"" : : "i"((long)({value})));''' for text, value in expressions]
    with tempfile.TemporaryDirectory() as folder:
        source, target = Path(folder) / "layout.c", Path(folder) / "layout.s"
        source.write_text("\n".join(lines + ["}"]) + "\n", encoding="utf-8")
        subprocess.run([*compiler, "-ffreestanding", "-S", f"-I{include}", "-o", str(target), str(source)], check=True)
        numbers = dict(MARK.findall(target.read_text(encoding="utf-8")))
    if set(numbers) != {text for text, _ in expressions}:
        raise SystemExit(f"{compiler[0]} left out some of {len(expressions)} numbers")
    return _joined(numbers)


def _joined(numbers: dict[str, str]) -> dict[str, str]:
    """Offset and size of a member as one word."""
    joined = {}
    for name, number in numbers.items():
        if name.count(".") < 2:
            joined[name] = f"{number}+{numbers[name + '.size']}" if "." in name else number
    return joined


# The machines that differ, each with others that are laid out the same way.
MACHINES = {
    "lp64": ["x86_64-linux-gnu", "aarch64-linux-gnu", "riscv64-linux-gnu", "s390x-linux-gnu"],
    "ilp32": ["armv7-linux-gnueabihf", "mips-linux-gnu"],
    "i386": ["i386-linux-gnu"],
}

Table = dict[str, list[str]]


def table(include: Path) -> Table:
    """The layout for all machines: name -> a word for each machine, and a member's type."""
    columns = []
    for name, targets in MACHINES.items():
        layouts = [of(include, ["clang", f"--target={target}"]) for target in targets]
        if any(layout != layouts[0] for layout in layouts):
            raise SystemExit(f"{name}: {', '.join(targets)} are not laid out the same way")
        columns.append(layouts[0])
    types = {
        f"{item.name}.{member}": [kind]
        for header in declarations.public_headers(include / "nexus")
        for item in declarations.read(header)
        if item.kind == "struct"
        for member, kind in _members(item.text).items()
    }
    return {item: [column[item] for column in columns] + types.get(item, []) for item in columns[0]}


def broken(recorded: Table, today: Table) -> list[str]:
    """What is on record and not true any more. Structs that say their own size may grow."""
    failures = []
    for name, old in recorded.items():
        new = today.get(name)
        if new is None:
            failures.append(f"{name} is gone")
        elif f"{name}.size" in recorded:
            if any(int(now) < int(then) for then, now in zip(old, new)):
                failures.append(f"{name} has shrunk from {old} bytes to {new}")
        elif new != old:
            failures.append(f"{name} was {old} and is {new}")
    return failures + _in_padding(recorded, today)


def _in_padding(recorded: Table, today: Table) -> list[str]:
    """New members where older programs have padding, whose bytes they never set."""
    failures = []
    for name in set(today) - set(recorded):
        ends = recorded.get(name.split(".")[0])
        if "." in name and ends:
            starts = [int(place.split("+")[0]) for place in today[name][: len(MACHINES)]]
            if any(start < int(end) for start, end in zip(starts, ends)):
                failures.append(f"{name} lies where older programs have padding: begin with a member of 8 bytes")
    return failures


def read(record: Path) -> Table:
    lines = [line.split() for line in record.read_text(encoding="utf-8").splitlines()]
    return {words[0]: words[1:4] + [" ".join(words[4:])] * (len(words) > 4) for words in lines if words[0] != "#"}


def write(record: Path, layout: Table) -> None:
    head = "# SPDX-License-Identifier: Apache-2.0\n# Written by layout.py; lines are added, never changed.\n"
    rows = [" ".join([name, *words]) for name, words in layout.items()]
    record.write_text(f"{head}# name {' '.join(MACHINES)}\n" + "\n".join(rows) + "\n", encoding="utf-8")


def check_the_check(recorded: Table) -> list[str]:
    """Each kind of broken promise must be noticed."""
    breaks = {
        "a number has changed": ("NEXUS_E_TIMEOUT", ["-70", "-70", "-70"]),
        "a frozen struct has grown": ("nexus_error", ["520", "520", "520"]),
        "a struct has shrunk": ("nexus_receipt", ["664", "660", "660"]),
        "a member has moved": ("nexus_iot_sensor_data.value", ["40+8", "24+8", "20+8", "double"]),
        "a member has another type": ("nexus_receipt.sequence", ["8+8", "8+8", "4+8", "int64_t"]),
    }
    failures = [f"not noticed: {what}" for what, (name, words) in breaks.items()
                if not broken(recorded, recorded | {name: words})]
    gone = {name: words for name, words in recorded.items() if name != "nexus_error.where"}
    if not broken(recorded, gone):
        failures.append("not noticed: a member is gone")
    ends = recorded["nexus_receipt"]
    grown = recorded | {"nexus_receipt": [str(int(end) + 8) for end in ends],
                        "nexus_receipt.more": [f"{end}+8" for end in ends] + ["double"]}
    padded = recorded | {"nexus_receipt.more": ["666+1", "665+1", "665+1", "bool"]}
    if not broken(recorded, padded):
        failures.append("not noticed: a member lies in what was padding")
    return failures + [f"wrongly noticed: {what}" for what in broken(recorded, grown)]


def main() -> int:
    record, include = Path(__file__).with_name("layout.txt"), Path(sys.argv[1])
    today = table(include)
    recorded = read(record) if record.exists() else {}
    failures = broken(recorded, today) + (check_the_check(recorded) if recorded else [])
    if not failures and sys.argv[2:] == ["--record"]:
        write(record, recorded | today)
    print("\n".join(failures) or f"{len(today)} sizes, places and numbers, {len(recorded)} of them on record")
    return 1 if failures or len(today) < 400 else 0


if __name__ == "__main__":
    sys.exit(main())
