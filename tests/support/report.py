# SPDX-License-Identifier: Apache-2.0
"""Adds up what tests/run.sh ran: shows the log of each failure, then a line for each part, and ends
with "N passed, N failed". Cases are counted where a test program says how many it had."""

import json
import re
import sys
from pathlib import Path

CHECK = re.compile(r"^\d+%: Checks: (\d+), Failures: (\d+), Errors: (\d+)", re.M)
UNITTEST = re.compile(r"^Ran (\d+) tests? in .*?\n\n(?:OK|FAILED \(([^)]*)\))", re.M | re.S)
LOG_LINES = 300


def cases(text: str) -> tuple[int, int]:
    """How many cases a program's output tells of, and how many of them failed."""
    total = failed = 0
    for match in CHECK.finditer(text):
        total += int(match.group(1))
        failed += int(match.group(2)) + int(match.group(3))
    for match in UNITTEST.finditer(text):
        total += int(match.group(1))
        failed += sum(int(number) for number in re.findall(r"(?:failures|errors)=(\d+)", match.group(2) or ""))
    return total, failed


def count(test: dict) -> tuple[int, int]:
    """Passed and failed cases of one test of Meson's. Skipped tests count as failed: none may be."""
    total, failed = cases(test.get("stdout", "") + "\n" + test.get("stderr", ""))
    total = max(total, 1)
    if test["result"] != "OK":
        failed = max(failed, 1)
    return total - failed, failed


def show(test: dict, part: str) -> None:
    print(f"\n---- FAILED: {part}: {test['name']}: {test['result']} (status {test.get('returncode')})")
    for stream in ("stdout", "stderr"):
        print("\n".join(test.get(stream, "").splitlines()[-LOG_LINES:]))


def main() -> int:
    work = Path(sys.argv[1])
    passed = failed = 0
    lines = []
    for record in sorted((work / "logs").glob("*.json")):
        part = [0, 0, 0.0]
        for line in record.read_text(encoding="utf-8").splitlines():
            test = json.loads(line)
            good, bad = count(test)
            part = [part[0] + good, part[1] + bad, part[2] + test["duration"]]
            if bad:
                show(test, record.stem)
        if part[0] + part[1] == 0:
            part[1] = 1
            print(f"\n---- FAILED: {record.stem}: no test ran")
        lines.append(f"{record.stem:32}{part[0]:6} passed {part[1]:4} failed {part[2]:8.1f} s of tests")
        passed, failed = passed + part[0], failed + part[1]
    for step in (work / "steps").read_text(encoding="utf-8").splitlines():
        passed, failed = passed + (step == "passed"), failed + (step != "passed")
        if step != "passed":
            lines.append(step)
    print("\n" + "\n".join(lines))
    print(f"{passed} passed, {failed} failed")
    return 1 if failed or not passed else 0


if __name__ == "__main__":
    sys.exit(main())
