# SPDX-License-Identifier: Apache-2.0
"""The lock: a contract may add, and nothing else."""

import re
import unittest

from support import Tree, small_contract
from errors import ContractError

START = """\
id: { type: string }
count: { type: integer }
state: { type: string, enum: [open, closed] }
marks: { type: array, items: { type: integer } }"""

OTHER = """\
  otherDone:
    address: nexus._core.other.done
    messages:
      otherDone:
        payload:
          $ref: "#/components/schemas/Envelope"
"""


def struct(files):
    """The members of the struct, in order."""
    text = files["include/nexus/events.h"]
    text = text[text.index("struct nexus_thing_done {"):]
    text = re.sub(r"/\*.*?\*/", "", text[:text.index("};")], flags=re.S)
    return [line.split()[-1].strip("*;").split()[-1] for line in
            re.sub(r" NEXUS_EXTENSION", "", text).split(";")[:-1]]


class Lock(unittest.TestCase):
    def setUp(self):
        self.tree = Tree(self)
        self.first = self.tree.generate_text(small_contract(START, ["id"]))

    def grow(self, payload, required=("id",), **more):
        return self.tree.generate_text(small_contract(payload, required, **more))

    def refuse(self, payload, message, required=("id",), **more):
        lock = (self.tree.root / "lib/codegen/fields.lock").read_text(encoding="utf-8")
        with self.assertRaises(ContractError) as caught:
            self.grow(payload, required, **more)
        self.assertRegex(caught.exception.message, message)
        self.assertGreater(caught.exception.line, 1)
        self.assertEqual(lock, (self.tree.root / "lib/codegen/fields.lock")
                         .read_text(encoding="utf-8"))

    def test_same_contract_gives_the_same_files(self):
        self.assertEqual(self.first, self.grow(START))

    def test_member_goes_to_the_end_wherever_it_stands(self):
        before = struct(self.first)
        grown = self.grow("first: { type: string }\n" + START)
        self.assertEqual(struct(grown), before + ["first"])
        again = self.grow("first: { type: string }\n" + START + "\nlast: { type: number }")
        self.assertEqual(struct(again), before + ["first", "has_last", "last"])
        self.assertIn("member first 4 string optional batch=2", again["lib/codegen/fields.lock"])
        self.assertIn("member last 5 number optional batch=3", again["lib/codegen/fields.lock"])
        self.assertEqual(again["include/nexus/events.h"].count(" NEXUS_EXTENSION;"), 2)

    def test_later_members_are_marked_for_the_runtime(self):
        self.assertNotIn("NX_FIELD_LATER", self.first["lib/generated/channels.c"])
        grown = self.grow(START + "\nlast: { type: string }", ["id", "last"])
        self.assertIn(".flags = NX_FIELD_REQUIRED | NX_FIELD_LATER",
                      grown["lib/generated/channels.c"])

    def test_enum_value_keeps_the_constants(self):
        grown = self.grow(START.replace("[open, closed]", "[ajar, open, closed]"))
        header = grown["include/nexus/events.h"]
        self.assertIn("NEXUS_THING_DONE_STATE_OPEN = 1,", header)
        self.assertIn("NEXUS_THING_DONE_STATE_CLOSED = 2,", header)
        self.assertIn("NEXUS_THING_DONE_STATE_AJAR = 3,", header)
        self.assertRegex(grown["lib/generated/channels.c"], r'"open",\s+"closed",\s+"ajar",\s+NULL')

    def test_channel_keeps_the_indices(self):
        text = small_contract(START, ["id"])
        place = text.index("  thingDone:")
        grown = self.tree.generate_text(text[:place] + OTHER + text[place:])
        self.assertIn("NX_THING_DONE = 0,", grown["lib/generated/events.c"])
        self.assertIn("NX_OTHER_DONE = 1,", grown["lib/generated/events.c"])

    def test_open_channel_gains_a_schema(self):
        tree = Tree(self)
        before = struct(tree.generate_text(small_contract()))
        grown = tree.generate_text(small_contract(START, ["id"]))
        self.assertEqual(before, ["size", "json"])
        self.assertEqual(struct(grown)[:3], ["size", "json", "id"])
        self.assertIn("NX_FIELD_REQUIRED | NX_FIELD_LATER", grown["lib/generated/channels.c"])

    def test_optional_number_becomes_required_and_keeps_its_flag(self):
        grown = self.grow(START, ["id", "count"])
        self.assertEqual(struct(grown), struct(self.first))
        self.assertIn("member count 1 integer tightened", grown["lib/codegen/fields.lock"])
        self.assertRegex(grown["lib/generated/channels.c"],
                         r"flags = NX_FIELD_REQUIRED,\s+\.offset = \S+ \S+ count\),\s+"
                         r"\.beside = offsetof\(struct nexus_thing_done, has_count\)")
        self.refuse(START, "'count' of 'thingDone' was required; handlers rely on it. Keep it")

    def test_limits_may_change(self):
        before = re.search(r'\.fingerprint = "(\w+)"', self.first["lib/generated/channels.c"])[1]
        grown = self.grow(START.replace("id: { type: string }",
                                        "id: { type: string, maxLength: 9 }"))
        self.assertNotIn(before, grown["lib/generated/channels.c"])

    def test_reorder_of_members_is_refused(self):
        lines = START.split("\n")
        self.refuse("\n".join([lines[1], lines[0]] + lines[2:]),
                    "the members of 'thingDone' were reordered. Restore the order id, count, state, "
                    "marks; new ones may stand anywhere")

    def test_removal_of_a_member_is_refused(self):
        self.refuse("\n".join(START.split("\n")[:-1]),
                    "member 'marks' was removed from 'thingDone'; .* Restore it")

    def test_renaming_a_member_is_a_removal(self):
        self.refuse(START.replace("marks", "grades"), "member 'marks' was removed")

    def test_change_of_type_is_refused(self):
        self.refuse(START.replace("integer }\n", "number }\n"),
                    "'count' of 'thingDone' was an integer and is now a number; .* Restore the "
                    "type, or add a member under a new name")
        self.refuse(START.replace("items: { type: integer }", "items: { type: string }"),
                    "'marks' of 'thingDone' was an integer array and is now a string array")
        self.refuse(START.replace("id: { type: string }", "id: { type: string, enum: [a] }"),
                    "'id' of 'thingDone' was a string and is now an enum")

    def test_required_cannot_become_optional(self):
        self.refuse(START, "'id' of 'thingDone' was required; .* add an optional member under a "
                           "new name", required=())

    def test_enum_values_cannot_go_or_move(self):
        self.refuse(START.replace("[open, closed]", "[open]"),
                    "enum value 'closed' was removed from 'state' of 'thingDone'")
        self.refuse(START.replace("[open, closed]", "[closed, open]"),
                    "the enum values of 'state' of 'thingDone' were reordered")

    def test_channels_cannot_go_or_move(self):
        text = small_contract(START, ["id"], channels=OTHER)
        self.tree.generate_text(text)
        with self.assertRaisesRegex(ContractError, "channel 'otherDone' was removed"):
            self.tree.generate_text(small_contract(START, ["id"]))
        thing = text[text.index("  thingDone:"):text.index("  otherDone:")]
        with self.assertRaisesRegex(ContractError, "the channels of the contract were reordered"):
            self.tree.generate_text(text.replace(thing, "").replace(OTHER, OTHER + thing))

    def test_address_parameters_cannot_change(self):
        self.refuse(START, "the parameters of 'thingDone' were tenant_id; they are arguments of "
                           "its functions",
                    address="nexus.{tenant_id}.thing.{place}", parameters=("tenant_id", "place"))

    def test_parameter_stays_an_argument(self):
        """Also when the payload gains a required string of its name."""
        tree = Tree(self)
        address = {"address": "nexus._core.thing.{node_id}", "parameters": ("node_id",)}
        tree.generate_text(small_contract(START, ["id"], **address))
        grown = tree.generate_text(small_contract(START + "\nnode_id: { type: string }",
                                                  ["id", "node_id"], **address))
        self.assertIn('{"node_id", -1},', grown["lib/generated/channels.c"])
        self.assertRegex(grown["include/nexus/events.h"],
                         r"nexus_publish_thing_done\(struct nexus_client \*client, "
                         r"const char \*node_id,")

    def test_parameter_taken_from_the_payload(self):
        tree = Tree(self)
        files = tree.generate_text(small_contract(
            START, ["id"], address="nexus._core.thing.{id}", parameters=("id",)))
        self.assertIn('{"id", 0},', files["lib/generated/channels.c"])
        self.assertRegex(files["include/nexus/events.h"],
                         r"nexus_publish_thing_done\(struct nexus_client \*client,\s+"
                         r"const struct nexus_thing_done \*event,")
        self.assertRegex(files["include/nexus/events.h"],
                         r"nexus_subscribe_thing_done\(\s+struct nexus_client \*client, "
                         r"const char \*id,")

    def test_damaged_lock_is_refused(self):
        lock = self.tree.root / "lib/codegen/fields.lock"
        lock.write_text(lock.read_text(encoding="utf-8").replace("member count 1", "member count"),
                        encoding="utf-8")
        with self.assertRaises(ContractError) as caught:
            self.grow(START)
        self.assertTrue(caught.exception.file.endswith("fields.lock"))
        self.assertRegex(caught.exception.message, "not a line of a lock file")


if __name__ == "__main__":
    unittest.main()
