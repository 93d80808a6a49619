# SPDX-License-Identifier: Apache-2.0
"""Contracts that must be refused: each bad/*.yaml has one thing wrong, and beside it bad/*.txt the
line and the message that the generator must answer with."""

import contextlib
import copy
import io
import unittest

import yaml

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


class Mutations(unittest.TestCase):
    """Whatever is put in place of whatever: the generator accepts it or says where it does not."""

    ODD = (None, True, -1, "{x}", [None], {"x": None}, {"$ref": "#/channels"})

    def test_no_mutation_gets_past_the_refusal(self):
        whole = yaml.safe_load((HERE / "golden/contract.yaml").read_text(encoding="utf-8"))
        tree = Tree(self)
        refused = 0
        for path in nodes(whole):
            for odd in self.ODD:
                mutant = yaml.safe_dump(replaced(whole, path, odd), sort_keys=False)
                try:
                    generate.generate(tree.root, self.file(tree, mutant))
                except ContractError as error:
                    self.assertTrue(1 <= error.line <= mutant.count("\n") + 1, (path, odd))
                    refused += 1
                except Exception as error:
                    raise AssertionError(f"{path} = {odd!r}: {error!r}") from error
        self.assertGreater(refused, 500)

    @staticmethod
    def file(tree, text):
        path = tree.root / "mutant.yaml"
        path.write_text(text, encoding="utf-8")
        return path


def nodes(value, path=()):
    """The path of every node of a tree, the root aside."""
    items = value.items() if isinstance(value, dict) else enumerate(value)
    for key, part in items:
        yield path + (key,)
        if isinstance(part, (dict, list)):
            yield from nodes(part, path + (key,))


def replaced(tree, path, value):
    """A copy of the tree with another value at the path."""
    changed = copy.deepcopy(tree)
    node = changed
    for key in path[:-1]:
        node = node[key]
    node[path[-1]] = value
    return changed


if __name__ == "__main__":
    unittest.main()
