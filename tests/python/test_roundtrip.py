# SPDX-License-Identifier: Apache-2.0
"""Any event that the contract allows goes through the C codec and comes back the same: thousands of
cases, made by hypothesis for every class."""

import base64
import os
import unittest

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from support import PATIENCE

from nexus_sdk import Client, ValidationError, contract
from nexus_sdk.events import CHANNELS

CASES = 2000 if os.environ.get("NEXUS_TEST_LONG") else 75  # of each of the 27 classes
LARGEST = 2**53 - 1

# All of Unicode but NUL and halves of surrogate pairs, which no event can hold.
texts = st.text(st.characters(blacklist_categories=("Cs",), blacklist_characters="\0"), max_size=40)
integers = st.integers(-LARGEST, LARGEST)
numbers = st.floats(allow_nan=False, allow_infinity=False)
anything = st.recursive(
    st.none() | st.booleans() | integers | numbers | texts,
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(texts, inner, max_size=4),
    max_leaves=12)
tokens = st.from_regex(r"[A-Za-z0-9][A-Za-z0-9_-]{0,20}", fullmatch=True)


def strategy_of(member, parameters):
    """Values that the contract allows for a member."""
    if member.name == "signature":
        return st.binary(min_size=64, max_size=64).map(lambda raw: base64.b64encode(raw).decode())
    if member.name in parameters:
        return tokens
    if member.format == "uri":
        return tokens.map(lambda word: f"https://example.org/{word}?a=%20#b")
    if member.kind == "enum":
        return st.sampled_from(member.values)
    plain = {"string": texts.map(lambda text: text[:member.max_length or None]),
             "integer": integers, "number": numbers}
    if member.kind.endswith("-array"):
        return st.lists(plain[member.kind[:-len("-array")]], max_size=5)
    return plain[member.kind]


@st.composite
def events(draw, kind):
    channel = contract.channel(kind.CHANNEL)
    known = {member.name for member in channel.members}
    parameters = kind.ADDRESS.replace("}", "{").split("{")[1::2]
    payload = draw(st.dictionaries(texts, anything, max_size=4))
    payload = {name: value for name, value in payload.items() if name not in known}
    for member in channel.members:
        if member.required or draw(st.booleans()):
            payload[member.name] = draw(strategy_of(member, parameters))
    return kind.from_payload(payload)


class RoundTrip(unittest.TestCase):

    def setUp(self):
        self.client = Client("memory:", service="roundtrip", window_events=64)
        self.addCleanup(self.client.close)
        self.client.provision(max_events=1000)
        self.seen = {}
        self.client.subscribe(None, self.handle)

    def handle(self, event, delivery):
        self.seen[delivery.sequence] = (event, delivery.payload, delivery.tenant)

    def there_and_back(self, event, tenant):
        sequence = self.client.publish(event, tenant).sequence
        while sequence not in self.seen:
            self.assertGreater(self.client.dispatch(PATIENCE), 0)
        return self.seen.pop(sequence)

    def test_every_class(self):
        for kind in CHANNELS.values():
            with self.subTest(kind.__name__):
                self.round_trips(kind)

    def round_trips(self, kind):
        tenant = "salon-001" if "tenant_id" in kind.PARAMETERS else None
        cases = 0

        @settings(max_examples=CASES, deadline=None, database=None, derandomize=True,
                  suppress_health_check=list(HealthCheck))
        @given(events(kind))
        def one(event):
            nonlocal cases
            cases += 1
            back, payload, about = self.there_and_back(event, tenant)
            self.assertEqual(event, back)
            self.assertIs(type(event), type(back))
            self.assertEqual(event, kind.from_payload(payload))
            self.assertEqual(exact(event.to_payload()), exact(back.to_payload()))
            self.assertEqual(tenant, about)
            contract.validate(kind.CHANNEL, event.to_payload())

        one()
        self.assertGreaterEqual(cases, CASES)

    @settings(max_examples=500, deadline=None, database=None, derandomize=True)
    @given(value=st.one_of(st.integers(min_value=LARGEST + 1), st.integers(max_value=-LARGEST - 1)))
    def test_integers_beyond_are_refused(self, value):
        with self.assertRaises(ValidationError):
            contract.validate("piiMasked", {"token_count_before": value})


def exact(value):
    """The value with its types, so that 1, 1.0 and True differ."""
    if isinstance(value, dict):
        return {name: exact(inner) for name, inner in value.items()}
    if isinstance(value, list):
        return [exact(inner) for inner in value]
    return (type(value).__name__, value)


if __name__ == "__main__":
    unittest.main()
