# SPDX-License-Identifier: Apache-2.0
"""hardening.py LIBRARY: whether a library is laid out as distributions want it: full RELRO, no
executable stack, no relocations in the code; and, when it was compiled with
-D_FORTIFY_SOURCE and -fstack-protector-strong, whether these had an effect."""

import re
import subprocess
import sys


def output(*command: str) -> str:
    return subprocess.run(command, capture_output=True, text=True, check=True).stdout


def main() -> int:
    library, compiled = sys.argv[1], "--compiled" in sys.argv[2:]
    dynamic, segments = output("readelf", "-dW", library), output("readelf", "-lW", library)
    symbols = output("nm", "-D", "--undefined-only", library)
    failures = []
    for wrong, what in (
        ("GNU_RELRO" not in segments, "no RELRO"),
        (not re.search(r"\(FLAGS.*\bNOW\b", dynamic), "symbols are bound lazily: RELRO is not full"),
        (re.search(r"GNU_STACK.*\bRWE\b", segments), "the stack is executable"),
        ("TEXTREL" in dynamic, "relocations in the code"),
        (compiled and "__stack_chk_fail" not in symbols, "no stack protector"),
        (compiled and not re.search(r"__(memcpy|snprintf|vsnprintf|read)_chk", symbols), "nothing is fortified"),
    ):
        if wrong:
            failures.append(f"{library}: {what}")
    print("\n".join(failures) or f"{library}: full RELRO, no executable stack, no relocations in the code"
          + (", fortified, stack protected" if compiled else ""))
    return 1 if failures else 0


if __name__ == "__main__":
    sys.exit(main())
