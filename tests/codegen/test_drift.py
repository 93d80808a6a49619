# SPDX-License-Identifier: Apache-2.0
"""What is committed is what the contract gives: regenerates and compares."""

import contextlib
import io
import os
import pathlib
import shutil
import subprocess
import sys
import unittest

from support import ROOT, Tree
import generate


class Drift(unittest.TestCase):
    maxDiff = None

    def test_tree_is_up_to_date(self):
        files = generate.generate(ROOT, ROOT / generate.CONTRACT)
        lines = generate.differences(ROOT, files)
        self.assertEqual(lines, [], "\n".join(["run `meson compile -C build regen`:"] + lines))

    def test_every_generated_file_says_so(self):
        files = generate.generate(ROOT, ROOT / generate.CONTRACT)
        self.assertEqual(len(files), 7)
        for path, text in files.items():
            head = "\n".join(text.split("\n")[:5])
            self.assertIn("SPDX-License-Identifier: Apache-2.0", head, path)
            if path != generate.LOCK:
                self.assertIn("enerated by lib/codegen from docs/nexus.asyncapi.yaml, do not edit",
                              head, path)

    def test_output_does_not_depend_on_hashing(self):
        """Twice in one process could hide an order that only another process would show."""
        for seed in ("0", "1", "2"):
            done = subprocess.run([sys.executable, ROOT / "lib/codegen/generate.py", "--check"],
                                  env=dict(os.environ, PYTHONHASHSEED=seed), check=False,
                                  stdout=subprocess.PIPE, encoding="utf-8")
            self.assertEqual((done.returncode, done.stdout), (0, "up to date\n"))


class Check(unittest.TestCase):
    """--check itself: it must notice, and it must not write."""

    def setUp(self):
        self.tree = Tree(self)
        (self.tree.root / "docs").mkdir()
        shutil.copy(ROOT / generate.CONTRACT, self.tree.root / "docs")
        shutil.copytree(ROOT / "lib/codegen", self.tree.root / "lib/codegen",
                        ignore=shutil.ignore_patterns("__pycache__"))

    def check(self, *arguments):
        with contextlib.redirect_stdout(io.StringIO()) as output:
            status = generate.main(["--root", str(self.tree.root), *arguments])
        return status, output.getvalue()

    def test_edited_by_hand(self):
        self.assertEqual(self.check()[0], 0)
        for path in generate.OUTPUTS:
            with self.subTest(path):
                target = pathlib.Path(self.tree.root / path)
                sound = target.read_text(encoding="utf-8")
                target.write_text(sound + "/* by hand */\n", encoding="utf-8")
                status, output = self.check("--check")
                self.assertEqual(status, 1)
                self.assertIn(path, output)
                self.assertIn("-/* by hand */", output)
                self.assertEqual(target.read_text(encoding="utf-8"), sound + "/* by hand */\n")
                self.assertEqual(self.check(), (0, f"wrote {path}\n"))
                self.assertEqual(self.check("--check"), (0, "up to date\n"))

    def test_changed_contract(self):
        self.check()
        contract = self.tree.root / generate.CONTRACT
        text = contract.read_text(encoding="utf-8")
        contract.write_text(text.replace("maxLength: 2000", "maxLength: 1999"), encoding="utf-8")
        status, output = self.check("--check")
        self.assertEqual(status, 1)
        self.assertIn("+        .max_length = 1999,", output)


if __name__ == "__main__":
    unittest.main()
