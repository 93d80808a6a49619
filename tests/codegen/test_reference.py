# SPDX-License-Identifier: Apache-2.0
"""docs/events.md: every channel and member is there, its C examples compile, its shell examples are
shell, and their payloads are what the library accepts."""

import json
import os
import pathlib
import re
import shlex
import tempfile
import unittest

from support import ROOT, compile_c, run
import contract
import load

MODEL = contract.read_contract(load.load((ROOT / "docs/nexus.asyncapi.yaml").read_bytes()))
TEXT = (ROOT / "docs/events.md").read_text(encoding="utf-8")


def blocks(text, language):
    return re.findall(rf"^```{language}\n(.*?)^```$", text, flags=re.S | re.M)


def section(key):
    start = TEXT.index(f"\n## {key}\n")
    end = TEXT.find("\n## ", start + 1)
    return TEXT[start:end if end >= 0 else len(TEXT)]


def publications():
    """[(channel, arguments before the payload, payload)] of all shell examples."""
    for channel in MODEL.channels:
        block, = blocks(section(channel.key), "sh")
        words = shlex.split(block.split("\n")[0])
        assert words[:3] == ["nexusctl", "pub", channel.key], words
        yield channel, words[3:-1], words[-1]


class Reference(unittest.TestCase):
    def test_every_channel_and_member_is_described(self):
        for channel in MODEL.channels:
            text = section(channel.key)
            self.assertIn(f"`{channel.address}`", text)
            self.assertIn(f"| [{channel.key}](#{channel.key.lower()}) |", TEXT)
            for member in channel.members:
                row = next(line for line in text.split("\n")
                           if line.startswith(f"| `{member.name}` |"))
                self.assertIn("| required |" if member.required else "| optional |", row)
                for value in member.values:
                    self.assertIn(f"`{value.text}`", row)
                if member.max_length:
                    self.assertIn(f"at most {member.max_length} characters", row)

    def test_c_examples_compile(self):
        body = "#include <stdio.h>\n#include <nexus/nexus.h>\n"
        first, *others = blocks(TEXT, "c")
        self.assertEqual(len(others), 1 + len(MODEL.channels))
        body += first
        for index, block in enumerate(others):
            block = "".join(f"    {line}\n" for line in block.rstrip().split("\n"))
            body += (f"int example_{index}(struct nexus_client *client);\n"
                     f"int example_{index}(struct nexus_client *client)\n{{\n"
                     f"    struct nexus_error err = NEXUS_ERROR_INIT;\n{block}"
                     "    return status;\n}\n")
        with tempfile.TemporaryDirectory() as directory:
            source = pathlib.Path(directory, "examples.c")
            source.write_text(body, encoding="utf-8")
            for compiler in ("gcc", "clang"):
                compile_c(self, source, "-std=c99", "-I", ROOT / "include", compiler=compiler)

    def test_shell_examples_are_what_the_library_accepts(self):
        lines = []
        for channel, options, payload in publications():
            self.assertEqual(options, ["--tenant", "salon-001"] if channel.has_tenant else [])
            lines.append(f"{channel.key} {payload}\n")
        output = run(self, os.environ["NEXUS_VALIDATE"], input="".join(lines) + "edgeHealth {}\n")
        self.assertEqual(output, "".join(f"{channel.key} NEXUS_OK\n" for channel in MODEL.channels)
                         + "edgeHealth NEXUS_E_VALIDATION\n")

    def test_c_and_shell_examples_say_the_same(self):
        for channel, _, payload in publications():
            block, = blocks(section(channel.key), "c")
            for name in json.loads(payload):
                if channel.member_index(name) >= 0:
                    member = channel.members[channel.member_index(name)]
                    self.assertIn(f"event.{member.c_name} = ", block)
                else:
                    self.assertIn(f'\\"{name}\\":', block)


if __name__ == "__main__":
    unittest.main()
