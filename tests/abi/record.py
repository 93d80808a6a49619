# SPDX-License-Identifier: Apache-2.0
"""Writes down the ABI of today: symbols.txt, layout.txt, nexus-sdk.abi, and, once for each
version that is released, the headers (--headers). Refuses when something that is on record would be
lost."""

import argparse
import shutil
import subprocess
import sys
from pathlib import Path

HERE = Path(__file__).resolve().parent


def run(*command: str) -> None:
    if subprocess.run([sys.executable, *command], check=False).returncode != 0:
        sys.exit("not recorded: see docs/abi.md for what may change, and how")


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("--library", required=True)
    parser.add_argument("--include", type=Path, required=True)
    parser.add_argument("--headers", metavar="VERSION", help="keep a copy of the headers under this version")
    arguments = parser.parse_args()
    both = ["--library", arguments.library, "--include", str(arguments.include)]
    run(str(HERE / "layout.py"), str(arguments.include), "--record")
    run(str(HERE / "check_symbols.py"), *both, "--record")
    run(str(HERE / "check_abi.py"), *both, "--record")
    if arguments.headers:
        target = HERE / f"headers-{arguments.headers}" / "nexus"
        target.mkdir(parents=True)  # what is there already stays as it is
        for header in sorted((arguments.include / "nexus").glob("*.h")):
            shutil.copy(header, target)


if __name__ == "__main__":
    main()
