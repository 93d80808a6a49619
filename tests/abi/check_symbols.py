# SPDX-License-Identifier: Apache-2.0
"""Compares three lists in all directions: what the shared library exports, what the public headers
declare, and what symbols.txt has on record. `--record` appends new names to the record; a name that
is on record is never taken away, because programs link against it."""

import argparse
import subprocess
import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parent.parent / "headers"))
import declarations  # noqa: E402  pylint: disable=wrong-import-position

NODE = "NEXUS_1.0"
SONAME = "libnexus-sdk.so.1"
NEEDED = {"libnats.so", "libcjson.so", "libsodium.so", "libsqlite3.so", "libc.so", "libm.so",
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


def declared(include: Path) -> set[str]:
    return {
        item.name
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


def compare(left: set[str], right: set[str], text: str) -> list[str]:
    return [f"{name}: {text}" for name in sorted(left - right)]


def main() -> int:
    parser = argparse.ArgumentParser()
    parser.add_argument("--library", type=Path, required=True)
    parser.add_argument("--include", type=Path, required=True)
    parser.add_argument("--record", action="store_true", help="append new names to the record")
    arguments = parser.parse_args()
    record = Path(__file__).with_name("symbols.txt")
    recorded = set(record.read_text(encoding="utf-8").split()) if record.exists() else set()
    symbols, functions = exported(arguments.library), declared(arguments.include)
    if arguments.record:
        record.write_text("\n".join(sorted(recorded | functions)) + "\n", encoding="utf-8")
        recorded |= functions
    names = set(symbols)
    failures = check_dynamic(arguments.library)
    failures += [f"{name}: exported, and not named nexus_…" for name in symbols if not name.startswith("nexus_")]
    failures += [f"{name}: version {symbols[name] or 'none'}, not {NODE}" for name in symbols if symbols[name] != NODE]
    failures += compare(names, functions, "exported, and in no header")
    failures += compare(functions, names, "declared in a header, and not exported")
    failures += compare(names, recorded, "exported, and not on record (new: add it with --record)")
    failures += compare(recorded, names, "on record, and not exported: old programs would not start")
    print("\n".join(failures) or f"{len(names)} symbols: library, headers and record agree")
    return 1 if failures or len(names) < 100 else 0


if __name__ == "__main__":
    sys.exit(main())
