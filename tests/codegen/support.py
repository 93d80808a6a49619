# SPDX-License-Identifier: Apache-2.0
"""What the tests of the generator share: a tree to generate into, and compilers to try it with."""

import pathlib
import re
import shutil
import subprocess
import sys
import tempfile

sys.dont_write_bytecode = True
HERE = pathlib.Path(__file__).resolve().parent
ROOT = HERE.parents[1]
sys.path.insert(0, str(ROOT / "lib/codegen"))

WARNINGS = ["-Wall", "-Wextra", "-Wshadow", "-Wconversion", "-Wpointer-arith", "-Wwrite-strings",
            "-Wundef", "-Werror"]
C_WARNINGS = WARNINGS + ["-Wstrict-prototypes", "-Wmissing-prototypes"]


class Tree:
    """A source tree with the hand-written headers alone, removed at the end of the test."""

    def __init__(self, test):
        self.root = pathlib.Path(tempfile.mkdtemp(prefix="nexus-codegen-"))
        test.addCleanup(shutil.rmtree, self.root)
        (self.root / "lib").mkdir()
        shutil.copy(ROOT / "lib/schema.h", self.root / "lib")
        shutil.copytree(ROOT / "include", self.root / "include",
                        ignore=shutil.ignore_patterns("events.h"))

    def set_version(self, minor):
        """Pretends that the library is at version 1.minor."""
        header = self.root / "include/nexus/base.h"
        text = header.read_text(encoding="utf-8")
        header.write_text(re.sub(r"(NEXUS_VERSION_MINOR\s+)\d+", rf"\g<1>{minor}", text),
                          encoding="utf-8")

    def generate(self, contract):
        """Generates from a contract file; returns {path: text} and writes it to the tree."""
        import generate
        files = generate.generate(self.root, contract)
        generate.write(self.root, files)
        return files

    def generate_text(self, text):
        """The same from a contract given as text."""
        contract = self.root / "contract.yaml"
        contract.write_text(text, encoding="utf-8")
        return self.generate(contract)


def run(test, *command, **options):
    """Runs a program that must succeed; its output is the test's message when it does not."""
    done = subprocess.run([str(word) for word in command], stdout=subprocess.PIPE,
                          stderr=subprocess.STDOUT, encoding="utf-8", check=False, timeout=600,
                          **options)
    test.assertEqual(done.returncode, 0, f"{' '.join(map(str, command))}\n{done.stdout}")
    return done.stdout


def compile_c(test, source, *flags, compiler="gcc"):
    """Compiles without an output; warnings fail."""
    run(test, compiler, *C_WARNINGS, "-fsyntax-only", *flags, source)


def small_contract(payload="", required=(), channels="", address="nexus.{tenant_id}.thing.done",
                   parameters=("tenant_id",)):
    """A contract of one channel, `thingDone`, with these lines as its payload's properties."""
    declared = "".join(f"      {name}: {{}}\n" for name in parameters)
    section = f"    parameters:\n{declared}" if parameters else ""
    body = ""
    if payload:
        needed = f"              required: [{', '.join(required)}]\n" if required else ""
        lines = "".join(f"                {line}\n" for line in payload.strip().split("\n"))
        body = (f"        - type: object\n          properties:\n            payload:\n{needed}"
                f"              properties:\n{lines}")
    return f"""\
asyncapi: 3.0.0
info: {{ title: Small, version: 1.0.0 }}
channels:
  thingDone:
    address: {address}
{section}    messages:
      thingDone:
        payload:
          $ref: "#/components/schemas/Thing"
{channels}components:
  schemas:
    Envelope:
      type: object
      required: [causal_id, vector_clock, payload]
      properties:
        causal_id: {{ type: string }}
        vector_clock: {{ type: object, additionalProperties: {{ type: integer }} }}
        payload: {{ type: object }}
        tenant: {{ type: string }}
    Thing:
      allOf:
        - $ref: "#/components/schemas/Envelope"
{body}"""
