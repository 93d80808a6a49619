# SPDX-License-Identifier: Apache-2.0
"""The contract file is sound AsyncAPI 3: the reference parser of AsyncAPI reads it without an error.

The parser comes from npm, in the versions of asyncapi/package-lock.json, into the directory that
the build names (a temporary one else)."""

import os
import pathlib
import shutil
import subprocess
import tempfile
import unittest

import yaml

from support import HERE, ROOT, run

CONTRACT = ROOT / "docs/nexus.asyncapi.yaml"


def install(test, directory):
    """Installs the parser, unless the same versions are there already."""
    lock = (HERE / "asyncapi/package-lock.json").read_text(encoding="utf-8")
    done = directory / "installed"
    for source in (HERE / "asyncapi").iterdir():
        if source.is_file():
            shutil.copy(source, directory)
    if not done.exists() or done.read_text(encoding="utf-8") != lock:
        run(test, "npm", "ci", "--ignore-scripts", "--no-audit", "--no-fund", cwd=directory)
        done.write_text(lock, encoding="utf-8")


class AsyncApi(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        given = os.environ.get("NEXUS_ASYNCAPI_DIRECTORY")
        if given:
            cls.directory = pathlib.Path(given)
            cls.directory.mkdir(parents=True, exist_ok=True)
        else:
            temporary = tempfile.TemporaryDirectory()
            cls.addClassCleanup(temporary.cleanup)
            cls.directory = pathlib.Path(temporary.name)

    def setUp(self):
        install(self, self.directory)

    def validate(self, contract):
        done = subprocess.run(["node", "validate.mjs", str(contract)], cwd=self.directory,
                              stdout=subprocess.PIPE, stderr=subprocess.STDOUT, check=False,
                              encoding="utf-8", timeout=120)
        return done.returncode, done.stdout

    def test_contract_is_valid(self):
        status, output = self.validate(CONTRACT)
        print(output, end="")
        self.assertEqual(status, 0, output)
        contract = yaml.safe_load(CONTRACT.read_text(encoding="utf-8"))
        self.assertIn(f"AsyncAPI 3.0.0, {len(contract['channels'])} channels, "
                      f"{len(contract['operations'])} operations", output)

    def test_validator_refuses_what_is_not(self):
        text = CONTRACT.read_text(encoding="utf-8")
        for sound, broken in (("    action: send\n", "    action: sing\n"),
                              ('"#/channels/bookingCreated/messages/bookingCreated"',
                               '"#/channels/bookingCreated/messages/bookingUncreated"'),
                              ("              type: object\n              required:\n",
                               "              type: objekt\n              required:\n"),
                              ("info:\n", "inform:\n")):
            self.assertIn(sound, text)
            bad = self.directory / "broken.yaml"
            bad.write_text(text.replace(sound, broken, 1), encoding="utf-8")
            status, output = self.validate(bad)
            self.assertEqual(status, 1, output)
            self.assertIn("Error: ", output)

    def test_lock_names_no_registry(self):
        lock = (HERE / "asyncapi/package-lock.json").read_text(encoding="utf-8")
        self.assertNotIn('"resolved"', lock)


if __name__ == "__main__":
    unittest.main()
