# SPDX-License-Identifier: Apache-2.0
"""The generated Python classes: frozen, slotted, and true to the payload both ways."""

import ast
import copy
import dataclasses
import importlib.util
import pickle
import sys
import unittest

from support import HERE, ROOT
import contract
import load
import samples

MODULE = ROOT / "bindings/python/nexus_sdk/events.py"


def module_at(path, name):
    spec = importlib.util.spec_from_file_location(name, path)
    module = importlib.util.module_from_spec(spec)
    sys.modules[name] = module  # for pickle
    spec.loader.exec_module(module)
    return module


events = module_at(MODULE, "nexus_sdk_events_under_test")
golden = module_at(HERE / "golden/grown/events.py", "golden_events_under_test")
MODEL = contract.read_contract(load.load((ROOT / "docs/nexus.asyncapi.yaml").read_bytes()))

PROBE = {"from": "a", "class": "https://example.com/", "code": 1, "ratio": 0.5, "kinds": ["x"],
         "door-no": 2, "size": 3, "state": "1c", "self": "me", "beyond": {"deep": [1]}}


class Classes(unittest.TestCase):
    def test_one_for_every_channel(self):
        self.assertEqual(list(events.CHANNELS), [channel.key for channel in MODEL.channels])
        for key, cls in events.CHANNELS.items():
            self.assertEqual(cls.CHANNEL, key)
            self.assertIn("Subject: " + cls.ADDRESS, cls.__doc__)

    def test_samples_of_all_channels_come_back_equal(self):
        for channel in MODEL.channels:
            payload = samples.payload_of(channel)
            event = events.CHANNELS[channel.key].from_payload(payload)
            self.assertEqual(event.to_payload(), payload)
            self.assertEqual(list(event.to_payload()), list(payload))
            self.assertEqual(pickle.loads(pickle.dumps(event)), event)
            self.assertEqual(copy.deepcopy(event), event)
            self.assertEqual(dataclasses.replace(event), event)

    def test_syntax_of_python_3_9(self):
        ast.parse(MODULE.read_text(encoding="utf-8"), feature_version=(3, 9))

    def test_every_attribute_is_documented_and_in_slots(self):
        for cls in events.CHANNELS.values():
            names = [field.name for field in dataclasses.fields(cls)]
            self.assertEqual(names, list(cls.__slots__))
            for name in names:
                self.assertRegex(cls.__doc__, rf"\n +{name}( \(|:)")

    def test_frozen_and_slotted(self):
        event = golden.DoorOpened.from_payload(PROBE)
        with self.assertRaises(dataclasses.FrozenInstanceError):
            event.code = 2
        with self.assertRaises(AttributeError):
            object.__setattr__(event, "another", 1)
        self.assertFalse(hasattr(event, "__dict__"))
        self.assertEqual(hash(event), hash(golden.DoorOpened.from_payload(PROBE)))

    def test_words_of_the_language_are_escaped(self):
        event = golden.DoorOpened.from_payload(PROBE)
        self.assertEqual((event.from_, event.class_, event.self_, event.door_no),
                         ("a", "https://example.com/", "me", 2))
        self.assertEqual(event.to_payload()["from"], "a")
        self.assertEqual(event.to_payload()["door-no"], 2)

    def test_extra_keeps_what_is_not_typed(self):
        event = golden.DoorOpened.from_payload(PROBE)
        self.assertEqual(event.extra, {"beyond": {"deep": [1]}})
        self.assertEqual(event.to_payload(), PROBE)
        with self.assertRaisesRegex(ValueError, "payload.text: given both"):
            golden.NoteLeft(text="a", extra={"text": "b"}).to_payload()
        self.assertEqual(golden.DoorShut(extra={"a": 1}).to_payload(), {"a": 1})

    def test_enums(self):
        event = golden.DoorOpened.from_payload(PROBE)
        self.assertIs(event.state, golden.DoorOpenedState._1C)
        self.assertEqual((event.state, str(event.state), f"{event.state}"), ("1c",) * 3)
        other = golden.DoorOpened.from_payload(dict(PROBE, state="welded"))
        self.assertEqual((type(other.state), other.state), (str, "welded"))
        self.assertIsNone(golden.NoteLeft(text="a").tags)

    def test_arguments_are_keywords_and_required_ones_are(self):
        with self.assertRaises(TypeError):
            golden.NoteLeft("text")
        with self.assertRaises(TypeError):
            golden.NoteLeft(tags=["a"])
        self.assertEqual(golden.NoteLeft(text="a", tags=["b"]).tags, ("b",))

    def test_integers_in_any_spelling(self):
        event = golden.DoorOpened.from_payload(dict(PROBE, code=1000.0, ratio=1))
        self.assertEqual((type(event.code), event.code), (int, 1000))
        self.assertEqual((type(event.ratio), event.ratio), (float, 1.0))

    def test_wrong_types_name_the_member(self):
        for change, message in (({"code": "1"}, "payload.code: expected an integer"),
                                ({"code": 1.5}, "payload.code: expected an integer"),
                                ({"code": True}, "payload.code: expected an integer"),
                                ({"ratio": "1"}, "payload.ratio: expected a number"),
                                ({"from": None}, "payload.from: expected a string"),
                                ({"state": 1}, "payload.state: expected a string"),
                                ({"kinds": "abc"}, "payload.kinds: expected an array"),
                                ({"kinds": ["a", 1]}, r"payload.kinds\[1\]: expected a string"),
                                ({"ids": [1, 1.5]}, r"payload.ids\[1\]: expected an integer")):
            with self.assertRaisesRegex(ValueError, message):
                golden.DoorOpened.from_payload(dict(PROBE, **change))
        with self.assertRaisesRegex(ValueError, "payload.text: required, but missing"):
            golden.NoteLeft.from_payload({})


if __name__ == "__main__":
    unittest.main()
