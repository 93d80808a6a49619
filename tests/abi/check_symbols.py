# SPDX-License-Identifier: Apache-2.0
"""Compares three lists in all directions: what the shared library exports, what the public headers
declare, and what symbols.txt has on record, with the version since which each name exists; that
version is also the name's symbol version. `--record` appends new names to the record; a name that is
on record is never taken away, because programs link against it."""

import argparse
import re
import subprocess
import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parent.parent / "headers"))
import declarations  # noqa: E402  pylint: disable=wrong-import-position

SONAME = "libnexus-sdk.so.1"
NEEDED = {"libnats.so", "libcjson.so", "libsodium.so", "libcrypto.so", "libsqlite3.so", "libc.so", "libm.so",
          "libpthread.so", "ld-linux-x86-64.so", "ld-linux-aarch64.so", "libasan.so", "libubsan.so",
          "libtsan.so", "libgcc_s.so", "libgcov.so"}


def output(*command: str) -> list[str]:
    result = subprocess.run(command, capture_output=True, text=True, check=True)
    return result.stdout.splitlines()


def exported(library: Path) -> dict[str, str]:
    """Every symbol that the library defines for others, with its version."""
    found = {}
    for line in output("nm", "-D", "--defined-only", "--with-symbol-versions", str(library)):
        name = line.split()[-1]
        if line.split()[-2] != "A":  # the version node itself
            symbol, _, version = name.partition("@@")
            found[symbol] = version
    return found


def declared(include: Path) -> dict[str, str]:
    """Every function of the headers, with the version that its comment gives."""
    return {
        item.name: "".join(re.findall(r"@since (\d+\.\d+)", item.comment)[-1:])
        for header in declarations.public_headers(include / "nexus")
        for item in declarations.read(header)
        if item.kind == "function"
    }


def check_dynamic(library: Path) -> list[str]:
    """The SONAME, and that nothing unexpected is pulled into every user's process."""
    failures, soname = [], None
    for line in output("readelf", "-d", "-W", str(library)):
        if "[" not in line:
            continue
        value = line[line.index("[") + 1 : line.index("]")]
        if "(SONAME)" in line:
            soname = value
        if "(NEEDED)" in line and value[: value.index(".so") + 3] not in NEEDED:
            failures.append(f"the library needs {value}, which is not on the list of dependencies")
    if soname != SONAME:
        failures.append(f"the SONAME is {soname}, not {SONAME}")
    return failures


def check_versions(symbols: dict, functions: dict, recorded: dict) -> list[str]:
    """One version for each name: in the library, in its header and on record."""
    failures = []
    for name in sorted(set(symbols) & set(functions)):
        since = functions[name]
        if symbols[name] != f"NEXUS_{since}":
            failures.append(f"{name}: @since {since}, and its symbol version is {symbols[name] or 'none'}")
        if recorded.get(name, since) != since:
            failures.append(f"{name}: @since {since}, and on record since {recorded[name]}")
    return failures


def compare(left: set[str], right: set[str], text: str) -> list[str]:
    return [f"{name}: {text}" for name in sorted(left - right)]


def main() -> int:
    parser = argparse.ArgumentParser()
    parser.add_argument("--library", type=Path, required=True)
    parser.add_argument("--include", type=Path, required=True)
    parser.add_argument("--record", action="store_true", help="append new names to the record")
    arguments = parser.parse_args()
    symbols, functions = exported(arguments.library), declared(arguments.include)
    record = Path(__file__).with_name("symbols.txt")
    lines = [line.split() for line in record.read_text(encoding="utf-8").splitlines()]
    recorded = {words[0]: words[1] if len(words) > 1 else functions.get(words[0]) for words in lines}
    if arguments.record:
        recorded = functions | recorded
        record.write_text("".join(f"{name} {recorded[name]}\n" for name in sorted(recorded)), encoding="utf-8")
    names = set(symbols)
    failures = check_dynamic(arguments.library)
    failures += [f"{name}: exported, and not named nexus_…" for name in symbols if not name.startswith("nexus_")]
    failures += check_versions(symbols, functions, recorded)
    failures += compare(names, set(functions), "exported, and in no header")
    failures += compare(set(functions), names, "declared in a header, and not exported")
    failures += compare(names, set(recorded), "exported, and not on record (new: meson compile -C build abi-record)")
    failures += compare(set(recorded), names, "on record, and not exported: old programs would not start")
    print("\n".join(failures) or f"{len(names)} symbols: library, headers and record agree")
    return 1 if failures or len(names) < 100 else 0


if __name__ == "__main__":
    sys.exit(main())
