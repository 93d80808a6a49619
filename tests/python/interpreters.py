# SPDX-License-Identifier: Apache-2.0
"""Runs the tests that need nothing but the standard library on every interpreter of Python 3.9 and
newer that this machine has beside the one that runs this."""

import glob
import json
import os
import pathlib
import subprocess
import sys

HERE = pathlib.Path(__file__).resolve().parent
TESTS = ("aio", "client", "delivery", "events", "interpreter", "keeping", "keys", "prototypes",
         "testing")
PLACES = ("/usr/bin/python3.*", "/usr/local/bin/python3.*", "~/.pyenv/versions/*/bin/python3",
          "/opt/python*/bin/python3")
# The minimal needs; an interpreter that was built without one of them cannot run the tests.
PROBE = ("import ctypes, sqlite3, json, sys; print(json.dumps([sys.version_info[:3], "
         "sys.maxsize > 2**32, sys.implementation.name]))")


def probe(path):
    """Its version, or None when it is not one to test with."""
    done = subprocess.run([path, "-c", PROBE], capture_output=True, encoding="utf-8")
    if done.returncode != 0:
        return None
    version, wide, name = json.loads(done.stdout)
    fits = tuple(version) >= (3, 9) and wide == (sys.maxsize > 2**32) and name == "cpython"
    return ".".join(map(str, version)) if fits else None


def interpreters():
    """{version: path}, without the version that runs this."""
    found = {}
    for place in PLACES:
        for path in sorted(glob.glob(os.path.expanduser(place))):
            if not path.endswith("-config") and os.access(path, os.X_OK):
                version = probe(path)
                if version:
                    found.setdefault(version, path)
    found.pop(".".join(map(str, sys.version_info[:3])), None)
    return found


def main():
    failed = []
    for version, path in interpreters().items():
        for name in TESTS:
            done = subprocess.run([path, "-B", "-X", "faulthandler", HERE / f"test_{name}.py"],
                                  stdout=subprocess.PIPE, stderr=subprocess.STDOUT)
            print(f"Python {version}, {name}: {'passed' if done.returncode == 0 else 'FAILED'}",
                  flush=True)
            if done.returncode != 0:
                failed.append((version, name))
                sys.stdout.buffer.write(done.stdout)
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
