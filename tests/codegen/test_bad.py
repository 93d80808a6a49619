# SPDX-License-Identifier: Apache-2.0
"""Contracts that must be refused: each bad/*.yaml has one thing wrong, and beside it bad/*.txt the
line and the message that the generator must answer with."""

import contextlib
import io
import unittest

from support import HERE, Tree, small_contract
from errors import ContractError
import generate

CASES = sorted((HERE / "bad").glob("*.yaml"))


class Bad(unittest.TestCase):
    maxDiff = None

    def test_each_is_refused_on_the_right_line(self):
        self.assertGreater(len(CASES), 90)
        for case in CASES:
            with self.subTest(case.stem):
                tree = Tree(self)
                with self.assertRaises(ContractError) as caught:
                    generate.generate(tree.root, case)
                answer = f"{caught.exception.line}: {caught.exception.message}\n"
                self.assertEqual(case.with_suffix(".txt").read_text(encoding="utf-8"), answer)

    def test_what_they_were_made_from_is_accepted(self):
        """So that each fails for its own reason."""
        tree = Tree(self)
        files = tree.generate_text(small_contract("id: { type: string }", ["id"]))
        self.assertIn("struct nexus_thing_done {", files["include/nexus/events.h"])

    def test_every_expectation_has_its_contract(self):
        self.assertEqual([case.stem for case in CASES],
                         sorted(path.stem for path in (HERE / "bad").glob("*.txt")))

    def test_command_names_the_file_and_writes_nothing(self):
        tree = Tree(self)
        before = sorted(tree.root.rglob("*"))
        case = HERE / "bad/keyword-minimum.yaml"
        output = io.StringIO()
        with contextlib.redirect_stderr(output):
            status = generate.main(["--root", str(tree.root), "--contract", str(case)])
        self.assertEqual(status, 2)
        self.assertRegex(output.getvalue(),
                         r"keyword-minimum\.yaml:49: schema: 'minimum' is not supported\n\Z")
        self.assertEqual(before, sorted(tree.root.rglob("*")))

    def test_missing_contract_is_an_error(self):
        tree = Tree(self)
        with contextlib.redirect_stderr(io.StringIO()) as output:
            status = generate.main(["--root", str(tree.root), "--contract", "/nowhere.yaml"])
        self.assertEqual(status, 2)
        self.assertIn("/nowhere.yaml", output.getvalue())


if __name__ == "__main__":
    unittest.main()
