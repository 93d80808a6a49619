#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Writes everything that follows from the contract: tables, functions, header, Python classes,
event reference and the lock. `meson compile regen` runs it; --check only compares.

Exit status: 0 done or up to date, 1 files differ (--check), 2 the contract is refused.
"""

import argparse
import difflib
import os
import pathlib
import re
import sys

sys.dont_write_bytecode = True  # the source tree stays as it is

# pylint: disable=wrong-import-position
from contract import read_contract
from errors import ContractError
import collisions
import emit_functions
import emit_header
import emit_publishers
import emit_python
import emit_reference
import emit_tables
import load
import lock

CONTRACT = "docs/nexus.asyncapi.yaml"
LOCK = "lib/codegen/fields.lock"
OUTPUTS = {
    "bindings/python/nexus_sdk/events.py": emit_python.emit,
    "bindings/python/nexus_sdk/_publishers.py": emit_publishers.emit,
    "docs/events.md": emit_reference.emit,
    "include/nexus/events.h": emit_header.emit,
    "lib/generated/channels.c": emit_tables.emit,
    "lib/generated/events.c": emit_functions.emit,
}


def library_version(root):
    """The version that new members are marked with: "1.0"."""
    header = (root / "include/nexus/base.h").read_text(encoding="utf-8")
    parts = [re.search(rf"#define NEXUS_VERSION_{part}\s+(\d+)", header)
             for part in ("MAJOR", "MINOR")]
    if None in parts:
        raise ContractError(1, "NEXUS_VERSION_MAJOR and _MINOR are not defined here",
                            str(root / "include/nexus/base.h"))
    return ".".join(match[1] for match in parts)


def generate(root, contract_file):
    """{path below root: text} of everything that is generated."""
    try:
        contract = read_contract(load.load(contract_file.read_bytes()))
        lock_file = root / LOCK
        known = lock.parse(lock_file.read_text(encoding="utf-8"), str(lock_file)) \
            if lock_file.exists() else {}
        lock.apply(contract, known, library_version(root))
        collisions.check(contract, root / "include/nexus")
    except ContractError as error:
        raise error.in_file(_shown(contract_file)) from None
    files = {LOCK: lock.write(contract)}
    for path, emit in OUTPUTS.items():
        files[path] = emit(contract)
    return files


def _shown(path):
    """The path as the user would type it."""
    relative = os.path.relpath(path)
    return str(path) if relative.startswith("..") else relative


def differences(root, files):
    """Lines of a unified diff between what is there and what should be."""
    lines = []
    for path, content in sorted(files.items()):
        target = root / path
        there = target.read_text(encoding="utf-8") if target.exists() else ""
        if there != content:
            lines += difflib.unified_diff(there.splitlines(), content.splitlines(),
                                          f"{path} (in the tree)", f"{path} (generated)",
                                          lineterm="")
    return lines


def write(root, files):
    """Replaces the files that changed, each in one step; returns their paths."""
    changed = []
    for path, content in files.items():
        target = root / path
        if target.exists() and target.read_bytes() == content.encode("utf-8"):
            continue
        target.parent.mkdir(parents=True, exist_ok=True)
        beside = target.with_name(target.name + ".new")
        beside.write_bytes(content.encode("utf-8"))
        os.replace(beside, target)
        changed.append(path)
    return changed


def main(arguments=None):
    parser = argparse.ArgumentParser(description="Generates what follows from the contract.")
    parser.add_argument("--root", type=pathlib.Path,
                        default=pathlib.Path(__file__).resolve().parents[2],
                        help="the source tree (default: the one this file is in)")
    parser.add_argument("--contract", type=pathlib.Path, help=f"default: ROOT/{CONTRACT}")
    parser.add_argument("--check", action="store_true",
                        help="write nothing; show what differs and exit 1")
    options = parser.parse_args(arguments)
    try:
        files = generate(options.root, options.contract or options.root / CONTRACT)
    except (ContractError, OSError) as error:
        print(error, file=sys.stderr)
        return 2
    if options.check:
        lines = differences(options.root, files)
        print("\n".join(lines) if lines else "up to date")
        return 1 if lines else 0
    for path in write(options.root, files):
        print(f"wrote {path}")
    return 0


if __name__ == "__main__":
    sys.exit(main())
