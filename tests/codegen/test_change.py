# SPDX-License-Identifier: Apache-2.0
"""Changing the contract alone is enough.

On a copy of the tree: the contract grows by a channel, members, an enum value and a schema for an
open channel; `meson compile regen` and a build follow; no other file is touched by hand. Then a
program that was built before the change and one that was built after it exchange events over a real
server, both with the new library, and each must see what it knows.

Needs NEXUS_URL: a server of the test's own."""

import hashlib
import os
import pathlib
import shutil
import subprocess
import sys
import tempfile
import unittest

from support import C_WARNINGS, HERE, ROOT, run
import generate

sys.path.insert(0, str(HERE / "change"))
import contract_change  # pylint: disable=wrong-import-position

LEFT_OUT = shutil.ignore_patterns(".git", "build", "build-*", "node_modules", "__pycache__")

OLDER_SENT = """\
sent iot NEXUS_OK
sent iot-bad NEXUS_E_VALIDATION payload.battery_pct
sent booking NEXUS_OK
sent booking-bad NEXUS_E_VALIDATION payload.booking_id
sent edge NEXUS_OK
sent kb NEXUS_OK
sent kb-bad NEXUS_E_VALIDATION payload.language
"""
NEWER_SENT = """\
channel nexus.{tenant_id}.boiler.inspected.{boiler_id} 2 8 COUNT 0
sent validate NEXUS_OK
sent validate-bad NEXUS_E_VALIDATION payload.inspector
sent boiler NEXUS_OK
sent boiler-other NEXUS_OK
sent boiler-token NEXUS_E_SUBJECT boiler_id
sent boiler-length NEXUS_E_VALIDATION payload.inspector
sent boiler-uri NEXUS_E_VALIDATION payload.report
sent boiler-enum NEXUS_E_VALIDATION payload.outcome
sent iot NEXUS_OK
sent booking NEXUS_OK
sent edge NEXUS_OK
sent kb NEXUS_OK
"""
# What the older program has no member for, it finds in `json`, where it always found it.
OLDER_SAW = """\
booking {"booking_id":"newer","duration_min":45,"y":true}
booking {"booking_id":"older","duration_min":30,"x":[1]}
edge newer 4 draining
edge older 3 offline
iot newer 61 0 {"battery_pct":87.5}
iot older 4.5 1 -
kb newer 4 {"language":"en"}
kb older 3 {"language":"ru"}
sent copy NEXUS_OK
sent copy NEXUS_OK
"""
NEWER_SAW = """\
boiler nexus.salon-001.boiler.inspected.b-7 Пётр https://example.com/7 1.25 1 2 2 repair \
rust,шум/2 -1,9007199254740991/3 B {"beyond":null}
booking salon-001 newer 1 45 {"booking_id":"newer","duration_min":45,"y":true}
booking salon-001 older 1 30 {"booking_id":"older","duration_min":30,"x":[1]}
edge newer 4 draining
edge older 3 offline
iot newer 61 1 87.5 {"battery_pct":87.5}
iot older 4.5 0 0 -
kb newer 4 en {"language":"en"}
kb older 3 ru {"language":"ru"}
sent copy NEXUS_OK
sent copy NEXUS_OK
"""
COPIES = "".join(f"booking copy-{who} {line}" for who in ("newer", "older") for line in (
    'newer 1 45 {"booking_id":"newer","duration_min":45,"y":true}\n',
    'older 1 30 {"booking_id":"older","duration_min":30,"x":[1]}\n'))


def digests(root):
    """{path: digest} of every file below a directory, build directories aside."""
    return {str(path.relative_to(root)): hashlib.sha256(path.read_bytes()).hexdigest()
            for path in sorted(root.rglob("*")) if path.is_file()}


class Change(unittest.TestCase):
    maxDiff = None

    def setUp(self):
        self.work = pathlib.Path(tempfile.mkdtemp(prefix="nexus-change-"))
        self.addCleanup(shutil.rmtree, self.work)
        self.tree = self.work / "tree"
        self.build = self.work / "build"
        shutil.copytree(ROOT, self.tree, ignore=LEFT_OUT)

    def compile(self, name):
        """Builds a program with the copy's headers and library as they are now."""
        program = self.work / name
        run(self, "cc", "-std=c99", *C_WARNINGS, "-I", self.tree / "include",
            HERE / "change" / f"{name}.c", "-o", program, f"-L{self.build / 'lib'}", "-lnexus-sdk")
        return program

    def output_of(self, program, role, in_order):
        """What a program prints, run with the changed library; the first line is checked here."""
        environment = dict(os.environ, LD_LIBRARY_PATH=str(self.build / "lib"))
        done = subprocess.run([program, role], env=environment, stdout=subprocess.PIPE,
                              stderr=subprocess.STDOUT, encoding="utf-8", check=False, timeout=120)
        self.assertEqual(done.returncode, 0, done.stdout)
        sizes, *lines = done.stdout.splitlines(keepends=True)
        self.sizes[program.name] = [int(size) for size in sizes.split()[1:]]
        return "".join(lines if in_order else sorted(lines)).replace("NEXUS_OK \n", "NEXUS_OK\n")

    def change_and_build(self):
        before = digests(self.tree)
        contract = self.tree / generate.CONTRACT
        contract.write_text(contract_change.changed(contract.read_text(encoding="utf-8")),
                            encoding="utf-8")
        run(self, "meson", "compile", "-C", self.build, "regen")
        run(self, "meson", "compile", "-C", self.build)
        after = digests(self.tree)
        touched = {path for path in before.keys() | after.keys()
                   if before.get(path) != after.get(path)}
        self.assertEqual(touched, {generate.CONTRACT, generate.LOCK, *generate.OUTPUTS})

    def test_everything_follows_and_older_programs_still_run(self):
        run(self, "meson", "setup", self.build, self.tree, "-Dexamples=false", "-Dtests=false")
        run(self, "meson", "compile", "-C", self.build)
        older = self.compile("older")
        self.change_and_build()
        newer = self.compile("newer")
        self.sizes = {}
        self.assertEqual(self.output_of(older, "publish", True), OLDER_SENT)
        count = (self.tree / generate.LOCK).read_text(encoding="utf-8").count("\nchannel ")
        self.assertEqual(self.output_of(newer, "publish", True),
                         NEWER_SENT.replace("COUNT", str(count)))
        self.assertEqual(self.output_of(older, "subscribe", False), OLDER_SAW)
        self.assertEqual(self.output_of(newer, "subscribe", False), NEWER_SAW)
        self.assertEqual(self.output_of(newer, "copies", False), COPIES)
        for was, is_now in zip(self.sizes["older"], self.sizes["newer"]):
            self.assertLess(was, is_now)
        self.assert_generated()

    def assert_generated(self):
        """The other outputs have the new channel too."""
        reference = (self.tree / "docs/events.md").read_text(encoding="utf-8")
        self.assertIn("\n## boilerInspected\n", reference)
        run(self, sys.executable, "-B", "-c",
            "import events\n"
            "event = events.BoilerInspected(inspector='a', report='urn:a:b', outcome='repair',\n"
            "                               notes=['x'], pressure=1.5)\n"
            "assert event.outcome is events.BoilerInspectedOutcome.REPAIR\n"
            "assert events.BoilerInspected.from_payload(event.to_payload()) == event\n"
            "assert events.CHANNELS['boilerInspected'].PARAMETERS == ('tenant_id', 'boiler_id')\n",
            cwd=self.tree / "bindings/python/nexus_sdk")


if __name__ == "__main__":
    unittest.main()
