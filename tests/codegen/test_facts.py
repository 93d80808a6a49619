# SPDX-License-Identifier: Apache-2.0
"""docs/nexus.asyncapi.yaml constrains exactly what the contract of the platform constrains.

contract-facts.json is that contract without its prose. When the platform's contract changes, bring
the change into the document, run `test_facts.py --update`, and review the difference."""

import copy
import json
import re
import sys
import unittest

import yaml

from support import HERE, ROOT
from facts import PROSE, facts

CONTRACT = ROOT / "docs/nexus.asyncapi.yaml"
RECORD = HERE / "contract-facts.json"


def document():
    return yaml.safe_load(CONTRACT.read_text(encoding="utf-8"))


def rendered(value):
    """As text, so that the order of mappings counts."""
    return json.dumps(value, ensure_ascii=False, indent=1) + "\n"


def leaves(value, path=()):
    """The path of everything in a tree that has nothing below it."""
    items = value.items() if isinstance(value, dict) else enumerate(value)
    for key, part in items:
        if isinstance(part, (dict, list)) and part:
            yield from leaves(part, path + (key,))
        else:
            yield path + (key,)


def without(tree, path):
    """A copy of the tree with one node removed."""
    pruned = copy.deepcopy(tree)
    node = pruned
    for key in path[:-1]:
        node = node[key]
    del node[path[-1]]
    return pruned


class Facts(unittest.TestCase):
    maxDiff = None

    def test_no_constraint_is_missing_or_changed(self):
        self.assertEqual(RECORD.read_text(encoding="utf-8"), rendered(facts(document())))

    def test_any_loss_would_be_noticed(self):
        """Removes every fact in turn from the document: the comparison above must see each."""
        whole = document()
        known = facts(whole)
        count = 0
        for path in leaves(known):
            count += 1
            self.assertNotEqual(rendered(facts(without(whole, path))), rendered(known), path)
        self.assertGreater(count, 250)


class Additions(unittest.TestCase):
    """What the SDK adds to the contract."""

    def test_every_channel_can_be_sent_and_received(self):
        contract = document()
        found = {(operation["action"], operation["channel"]["$ref"])
                 for operation in contract["operations"].values()}
        wanted = {(action, f"#/channels/{key}") for key in contract["channels"]
                  for action in ("send", "receive")}
        self.assertEqual(found, wanted)
        self.assertEqual(len(contract["operations"]), len(wanted))

    def test_every_message_has_the_headers(self):
        contract = document()
        for name, message in contract["components"]["messages"].items():
            self.assertEqual(message["headers"], {"$ref": "#/components/schemas/EventHeaders"}, name)
        headers = contract["components"]["schemas"]["EventHeaders"]["properties"]
        self.assertEqual(set(headers),
                         {"traceparent", "Nats-Msg-Id", "Nexus-Schema", "Nexus-Signature", "Nexus-Capability",
                          "Nexus-Resent"})

    def test_everything_is_described_in_english(self):
        contract = document()
        for key, channel in contract["channels"].items():
            self.assertTrue(channel["summary"] and channel["description"], key)
            self.assertIn("x-example", channel, key)
            for name, parameter in channel.get("parameters", {}).items():
                self.assertTrue(parameter["description"], f"{key}.{name}")
        for name, schema in contract["components"]["schemas"].items():
            self.assertTrue(schema["description"], name)
            for part in schema.get("allOf", []):
                payload = part.get("properties", {}).get("payload", {})
                for member, words in payload.get("properties", {}).items():
                    self.assertTrue(words["description"], f"{name}.{member}")
        self._refuse_other_alphabets(contract)

    def _refuse_other_alphabets(self, value):
        if isinstance(value, dict):
            for key, part in value.items():
                if key in PROSE and isinstance(part, str):
                    self.assertNotRegex(part, re.compile("[\u0400-\u04ff]"))
                self._refuse_other_alphabets(part)
        elif isinstance(value, list):
            for part in value:
                self._refuse_other_alphabets(part)


if __name__ == "__main__":
    if sys.argv[1:] == ["--update"]:
        RECORD.write_text(rendered(facts(document())), encoding="utf-8")
    else:
        unittest.main()
