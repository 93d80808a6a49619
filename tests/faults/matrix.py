# SPDX-License-Identifier: Apache-2.0
"""matrix.py DIRECTORY [OPTION OR SCENARIO OF faults.py…]

Plays the scenarios against the nats-server of Debian 12, 13 and unstable. The packages come from the machine's own
mirror, are unpacked in DIRECTORY and kept there; nothing is installed. Prints a table, as in docs/reliability.md."""

import json
import os
import pathlib
import subprocess
import sys

HERE = pathlib.Path(__file__).resolve().parent
SUITES = ("bookworm", "trixie", "sid")


def unpack(directory, suite):
    """The server of a suite."""
    program = directory / suite / "usr" / "sbin" / "nats-server"
    if not program.exists():
        architecture = subprocess.run(["dpkg", "--print-architecture"], capture_output=True, encoding="utf-8",
                                      check=True).stdout.strip()
        subprocess.run(["sh", str(HERE.parent / "ports" / "sysroot.sh"), suite, architecture, str(directory / suite),
                        "nats-server"], check=True, env={**os.environ, "ONLY": "1"})
    return program


def cell(figures):
    if figures is None:
        return "FAILED"
    times = figures.get("stored after ms")
    return f"{figures['handled']} handled, {figures['reported']} reported" + (f"; {times} ms" if times else "")


def main():
    if len(sys.argv) < 2 or sys.argv[1].startswith("-"):
        print(__doc__, file=sys.stderr)
        return 2
    directory, failed, results = pathlib.Path(sys.argv[1]).resolve(), False, []
    directory.mkdir(parents=True, exist_ok=True)
    for suite in SUITES:
        record = directory / f"{suite}.json"
        done = subprocess.run([sys.executable, "-B", str(HERE / "faults.py"), "--server", str(unpack(directory, suite)),
                               "--json", str(record), *sys.argv[2:]])
        failed |= done.returncode != 0
        results.append(json.loads(record.read_text()))
    versions = [result["server"].split()[-1].lstrip("v") for result in results]
    print("| scenario | " + " | ".join(versions) + " |\n|---|" + "---|" * len(versions))
    for name in results[0]["scenarios"]:
        print(f"| `{name}` | " + " | ".join(cell(result["scenarios"].get(name)) for result in results) + " |")
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
