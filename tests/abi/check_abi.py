# SPDX-License-Identifier: Apache-2.0
"""Compares the library with its ABI on record, nexus-sdk.abi, by libabigail: what is there may gain
functions, enumerators and members at the end of structs that say their size, and change in nothing
else. (libabigail cannot be told to look at a struct's other members when it lets the struct grow;
layout.py does that.) `--record` writes the record anew, unless the change is not such a one."""

import argparse
import subprocess
import sys
import tempfile
from pathlib import Path

HERE = Path(__file__).resolve().parent
RECORD = HERE / "nexus-sdk.abi"
DUMP = ["abidw", "--no-corpus-path", "--no-comp-dir-path", "--no-show-locs", "--no-elf-needed",
        "--exported-interfaces-only", "--drop-private-types", "--drop-undefined-syms",
        "--type-id-style", "hash"]
# What would break programs; each is done to the record, and must then be found.
BREAKS = {
    "a function is gone": ("name='nexus_client_new'", "name='nexus_client_gone'"),
    "a symbol has another version": ("version='NEXUS_1.0'", "version='NEXUS_0.9'"),
    "an enumerator has another number": ("name='NEXUS_REJECT' value='3'", "name='NEXUS_REJECT' value='9'"),
    "a frozen struct has another size": ("name='nexus_error' size-in-bits='4096'", "name='nexus_error' size-in-bits='4032'"),
}


def dump(library: Path, include: Path, target: Path) -> None:
    subprocess.run([*DUMP, "--headers-dir", str(include), "--out-file", str(target), str(library)], check=True)


def compare(old: Path, new: Path) -> subprocess.CompletedProcess:
    command = ["abidiff", "--no-added-syms", "--suppressions", str(HERE / "growth.abignore"), str(old), str(new)]
    return subprocess.run(command, capture_output=True, text=True, check=False)


def check_the_check(folder: Path) -> list[str]:
    """The comparison must find what it is there for."""
    text, failures = RECORD.read_text(encoding="utf-8"), []
    for what, (there, instead) in BREAKS.items():
        broken = folder / "broken.abi"
        broken.write_text(text.replace(there, instead), encoding="utf-8")
        if there not in text or compare(RECORD, broken).returncode == 0:
            failures.append(f"abidiff does not notice that {what}")
    return failures


def main() -> int:
    parser = argparse.ArgumentParser()
    parser.add_argument("--library", type=Path, required=True)
    parser.add_argument("--include", type=Path, required=True)
    parser.add_argument("--record", action="store_true")
    arguments = parser.parse_args()
    with tempfile.TemporaryDirectory() as name:
        today = Path(name) / "today.abi"
        dump(arguments.library, arguments.include, today)
        if arguments.record and not RECORD.exists():
            RECORD.write_text(today.read_text(encoding="utf-8"), encoding="utf-8")
        result = compare(RECORD, today)
        if result.returncode != 0:
            print(f"{result.stdout}{result.stderr}\nabidiff says that programs could break (status {result.returncode})")
            return 1
        if arguments.record:
            RECORD.write_text(today.read_text(encoding="utf-8"), encoding="utf-8")
        failures = check_the_check(Path(name))
    print("\n".join(failures) or f"compatible with the record; {len(BREAKS)} ways of breaking it would be noticed")
    return 1 if failures else 0


if __name__ == "__main__":
    sys.exit(main())
