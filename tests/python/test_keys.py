# SPDX-License-Identifier: Apache-2.0
"""Signing, trust stores and capabilities from Python."""

import json
import pathlib
import tempfile
import time

from support import Bus

from nexus_sdk import (ConflictError, InvalidError, KeyFault, NotFoundError, SignatureError, Signer,
                       StateError, Trust, keys)
from nexus_sdk.events import BookingCreated
from nexus_sdk.testing import TestEvent

TENANT = "salon-001"
SUBJECT = "nexus.salon-001.booking.created"
EVENT = BookingCreated(extra={"a": 1})


class Keys(Bus):

    def setUp(self):
        super().setUp()
        directory = tempfile.TemporaryDirectory()
        self.addCleanup(directory.cleanup)
        self.path = pathlib.Path(directory.name)

    def test_a_key_in_its_forms(self):
        key = Signer.from_seed(b"\1" * 32, "till-key")
        self.assertEqual("till-key", key.key_id)
        for name, form in (("a.pem", "pem"), ("a.jwk", "jwk")):
            key.write(self.path / name, form)
            again = Signer.from_file(self.path / name, "till-key")
            self.assertEqual(key.public_key(), again.public_key())
            self.assertEqual(key.thumbprint, again.thumbprint)
            text = (self.path / name).read_text()
            self.assertEqual(key.thumbprint, Signer.from_text(text).thumbprint)
        with self.assertRaises(ConflictError):
            key.write(self.path / "a.pem")
        (self.path / "a.pem").chmod(0o644)
        with self.assertRaises(KeyFault):
            Signer.from_file(self.path / "a.pem")
        with self.assertRaises(InvalidError):
            Signer.from_seed(b"short")
        with self.assertRaises(InvalidError):
            key.public_key("der")
        self.assertIn("BEGIN PUBLIC KEY", key.public_key("pem"))

    def test_a_message_outside_of_a_client(self):
        key, trust = Signer.generate(), Trust()
        trust.add(key.public_key(), ["nexus.salon-001.>"])
        signature = key.sign(SUBJECT, "salon-001:1", b"{}")
        checked = trust.check(SUBJECT, b"{}", signature, message_id="salon-001:1")
        self.assertEqual(("verified", key.key_id), checked)
        with self.assertRaises(SignatureError) as caught:
            trust.check(SUBJECT, b"{ }", signature, message_id="salon-001:1")
        self.assertEqual("signature", caught.exception.refusal)
        with self.assertRaises(SignatureError) as caught:
            trust.check(SUBJECT, b"{}", None)
        self.assertEqual("unsigned", caught.exception.refusal)

    def test_files(self):
        key, trust = Signer.generate(), Trust()
        trust.add(key.public_key(), ["nexus._core.module.updated"])
        (self.path / "module.wasm").write_bytes(b"\0asm")
        signature = key.sign_file(self.path / "module.wasm")
        trust.check_file(self.path / "module.wasm", signature)
        (self.path / "module.wasm").write_bytes(b"\0asn")
        with self.assertRaises(SignatureError):
            trust.check_file(self.path / "module.wasm", signature, key.key_id)

    def test_a_store(self):
        key, trust = Signer.generate("one"), Trust()
        trust.add(key.public_key(), ["nexus.>"], key_id="one")
        with self.assertRaises(ConflictError):
            trust.add(key.public_key(), ["nexus.>"], key_id="one")
        self.assertEqual((1, True), (len(trust), bool(trust)))
        (self.path / "trust.json").write_text(trust.to_json())
        loaded = Trust.load(self.path / "trust.json")
        loaded.reload()
        loaded.set_tolerance(60, 120)
        loaded.set_replay_window(10, 60)
        self.assertEqual(json.loads(trust.to_json()), json.loads(loaded.to_json()))
        with self.assertRaises(StateError):
            trust.reload()
        with self.assertRaises(NotFoundError):
            trust.remove("two")
        trust.revoke("one")
        with self.assertRaises(KeyFault):
            trust.check(SUBJECT, b"{}", key.sign(SUBJECT, "m", b"{}"), message_id="m")
        with self.assertRaises(TypeError):
            trust.add(key.public_key(), "nexus.>", key_id="three")

    def test_capabilities(self):
        core, till, trust = Signer.generate("core"), Signer.generate("till"), Trust()
        trust.add(core.public_key(), grants=["nexus.salon-001.>"])
        later = int(time.time()) + 3600
        token = core.issue(till.public_key(), ["nexus.salon-001.>"], not_after=later, id="t-1")
        trust.verify_capability(token)
        self.assertEqual("t-1", keys.inspect_capability(token)[0]["claims"]["jti"])
        desk = Signer.generate("desk")
        narrowed = till.narrow(token, desk.public_key(), ["nexus.salon-001.booking.>"])
        trust.verify_capability(narrowed)
        self.assertEqual(2, len(keys.inspect_capability(narrowed)))
        with self.assertRaises(InvalidError):
            till.narrow(token, desk.public_key(), ["nexus.>"])
        reader = self.connect(trust=trust, node="reader")
        seen = []
        reader.subscribe(BookingCreated, lambda e, d: seen.append((d.verified, d.key_id)))
        self.connect(signer=desk, capability=narrowed, node="desk").publish(EVENT, TENANT)
        self.until(lambda: seen, reader)
        self.assertEqual([(True, desk.key_id)], seen)
        trust.revoke("t-1")
        with self.assertRaises(KeyFault):
            trust.verify_capability(narrowed)

    def test_what_is_not_believed_is_poison(self):
        good, bad, trust = Signer.generate(), Signer.generate(), Trust()
        trust.add(good.public_key(), ["nexus.salon-001.>"])
        reader = self.connect(trust=trust, node="reader")
        poison, seen = [], []
        reader.subscribe(BookingCreated, lambda e, d: seen.append(e), on_poison=poison.append)
        with self.client.memory_bus() as bus:
            sound = TestEvent(EVENT, TENANT).signed(good)
            bus.put(sound)
            bus.put(TestEvent(EVENT, TENANT).signed(bad))
            bus.put(TestEvent(EVENT, TENANT))
            bus.put(TestEvent(EVENT, TENANT).signed(good).causal_id("evt-forged"))
            bus.put(sound)
        self.until(lambda: len(poison) == 4, reader)
        self.assertEqual([EVENT], seen)
        self.assertEqual(["replay", "signature", "unknown_key", "unsigned"],
                         sorted(one.refusal for one in poison))
        forged = next(one for one in poison if one.refusal == "signature")
        self.assertIsInstance(forged.error, SignatureError)
        self.assertEqual("signature", forged.error.refusal)
        self.assertIn(b"evt-forged", forged.body)
        self.assertEqual((SUBJECT, "NEXUS"), (forged.subject, forged.stream))

    def test_what_is_wrong_with_keys(self):
        with self.assertRaises(KeyFault):
            Signer.from_text("no key")
        with self.assertRaises(NotFoundError):
            Trust.load("/nowhere/trust.json")
        with self.assertRaises(SignatureError):
            keys.inspect_capability("no.token")


if __name__ == "__main__":
    import unittest
    unittest.main()
