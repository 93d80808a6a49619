# SPDX-License-Identifier: Apache-2.0
"""nexusctl trace, replay, consumers and stats, against a server."""

import json
import unittest

from driver import Online, Server, lines_of

CHAIN = "evt-00c0ffee"


class Chain(Online):
    """One event causes two, which a third one joins; and a stranger."""

    EVENTS = [  # subject, clock, chain
        ("nexus.salon-001.booking.created", {"till": 1}, CHAIN),
        ("nexus.salon-002.booking.created", {"other": 1}, "evt-stranger"),
        ("nexus.salon-001.payment.completed", {"till": 1, "crm": 5}, CHAIN),
        ("nexus._core.agent.dream", {"till": 1, "kb": 2}, CHAIN),
        ("nexus.salon-001.order.created", {"till": 1, "kb": 2, "crm": 5, "stock": 1}, CHAIN),
    ]

    def setUp(self):
        super().setUp()
        for number, (subject, clock, chain) in enumerate(self.EVENTS, 1):
            self.server.publish(subject, json.dumps({"causal_id": chain, "vector_clock": clock, "payload": {"n": number}}))

    def test_the_tree(self):
        done = self.ctl("trace", CHAIN)
        lines = done.stdout.splitlines()
        self.assertEqual(len(lines), 4, done.stdout)
        self.assertRegex(lines[0], r"^\d\d \w+ \d\d:\d\d:\d\d\.\d{3}  nexus\.salon-001\.booking\.created +#1 ")
        self.assertRegex(lines[1], r"\+\d+\.\d{3} s +├─ nexus\.salon-001\.payment\.completed +#3 ")
        self.assertRegex(lines[2], r" └─ nexus\._core\.agent\.dream +#4 ")
        self.assertRegex(lines[3], r"    └─ nexus\.salon-001\.order\.created +#5 .* also after #3  \{\"n\": 5\}")
        self.assertIn("4 events of the chain among 5 in the stream", done.stderr)

    def test_as_json(self):
        events = lines_of(self.ctl("trace", CHAIN, "--json").stdout)
        self.assertEqual([(event["sequence"], event["depth"], event["parents"]) for event in events],
                         [(1, 0, []), (3, 1, [1]), (4, 1, [1]), (5, 2, [3, 4])])
        self.assertEqual(events[3]["payload"], {"n": 5})

    def test_order_is_the_clocks_and_not_the_streams(self):
        for number, clock in ((6, {"a": 1, "b": 1}), (7, {"a": 1})):
            self.server.publish("nexus._core.agent.dream", json.dumps({"causal_id": "late", "vector_clock": clock, "payload": {}}))
        events = lines_of(self.ctl("trace", "late", "--json").stdout)
        self.assertEqual([(event["sequence"], event["parents"]) for event in events], [(6, [7]), (7, [])])
        self.assertEqual([line.count("└─") for line in self.ctl("trace", "late").stdout.splitlines()], [0, 1])

    def test_by_trace_id(self):
        self.ctl("pub", "agentDream", '{"of":"ours"}')
        event = self.events()[-1]
        for name in (event["traceparent"], event["traceparent"][3:35], event["causal_id"]):
            found = lines_of(self.ctl("trace", name, "--json").stdout)
            self.assertEqual([one["payload"] for one in found], [{"of": "ours"}])

    def test_less_to_look_at_and_nothing_found(self):
        events = lines_of(self.ctl("trace", CHAIN, "--tenant", "salon-001", "--since", "1h", "--json").stdout)
        self.assertEqual([event["sequence"] for event in events], [1, 3, 5])
        done = self.fail_with(4, "trace", "evt-nobody", url=self.url)
        self.assertEqual(done.stdout, "")
        self.fail_with(4, "trace", CHAIN, "--since", "2100-01-01", url=self.url)
        self.fail_with(2, "trace", CHAIN, "--since", "soon", url=self.url)
        self.fail_with(2, "trace", url=self.url)
        self.assertEqual(self.server.api("CONSUMER.NAMES.NEXUS")["consumers"] or [], [])

    def test_a_chain_that_is_too_long(self):
        text = "".join(json.dumps({"channel": "agentDream", "causal_id": "long", "payload": {"n": n}}) + "\n" for n in range(1100))
        self.ctl("pub", "-", "--quiet", stdin=text)
        done = self.ctl("trace", "long", "--json")
        events = lines_of(done.stdout)
        self.assertEqual(len(events), 1000)
        self.assertEqual([event["depth"] for event in events], list(range(1000)))
        self.assertIn("100 more events of the chain are not shown", done.stderr)

    # ---- replay

    def replayed(self, *arguments, **more):
        return [event["sequence"] for event in lines_of(self.ctl("replay", *arguments, "--json", **more).stdout)]

    def test_replay_chooses(self):
        self.assertEqual(self.replayed("all"), [1, 2, 3, 4, 5])
        self.assertEqual(self.replayed("all", "--count", "2"), [1, 2])
        self.assertEqual(self.replayed("all", "--first", "3"), [3, 4, 5])
        self.assertEqual(self.replayed("bookingCreated", "--tenant", "salon-002"), [2])
        self.assertEqual(self.replayed("all", "--subject", "nexus.*.booking.created"), [1, 2])
        self.assertEqual(self.replayed("all", "--subject", "nexus._core.>"), [4])
        self.assertEqual(self.replayed("all", "--since", "1h", "--until", "2100-01-01T00:00:00Z"), [1, 2, 3, 4, 5])
        third = self.events()[2]["time"]
        self.assertEqual(self.replayed("all", "--until", third), [1, 2])
        self.assertEqual(self.replayed("all", "--since", third), [3, 4, 5])
        self.fail_with(4, "replay", "all", "--subject", "nexus.*", url=self.url)
        self.assertEqual(self.server.api("CONSUMER.NAMES.NEXUS")["consumers"] or [], [])

    def test_replay_usage(self):
        for arguments in (["all", "--until", "then"], ["all", "--first", "0"], ["all", "--speed", "0"], ["all", "--speed", "x"],
                          ["all", "--count", "-1"], [], ["all", "all"]):
            self.fail_with(2, "replay", *arguments, url=self.url)
        self.fail_with(1, "replay", "all", "--to-tenant", "a b", url=self.url)

    def test_replay_elsewhere_is_complete_and_repeatable(self):
        with Server() as other:
            self.succeed("provision", "--quiet", url=other.url)
            for expected in (0, 5):
                done = self.ctl("replay", "all", "--to", other.url, "--json")
                self.assertEqual([receipt["replayed"] for receipt in lines_of(done.stdout)], [1, 2, 3, 4, 5])
                self.assertIn(f"5 events published, {expected} of them stored before, 0 refused", done.stderr)
            copies = lines_of(self.succeed("sub", "all", "--json", "--count", "5", url=other.url).stdout)
        originals = self.events()
        for member in ("subject", "tenant", "causal_id", "payload"):
            self.assertEqual([copy[member] for copy in copies], [original[member] for original in originals])

    def test_replay_as_another_tenant(self):
        self.ctl("replay", "all", "--tenant", "salon-001", "--to-tenant", "test-1", "--quiet")
        copies = [event for event in self.events() if event["tenant"] == "test-1"]
        self.assertEqual([copy["payload"]["n"] for copy in copies], [1, 3, 5])
        self.assertEqual({copy["causal_id"] for copy in copies}, {CHAIN})

    def test_a_replay_into_the_same_stream_ends(self):
        self.ctl("replay", "all", "--publish", "--quiet")
        self.assertEqual(len(self.events()), 10)

    def test_replay_without_a_stream_there(self):
        with Server() as other:
            done = self.fail_with(1, "replay", "all", "--to", other.url, url=self.url)
        self.assertIn("0 events published", done.stderr)
        self.assertIn("nexusctl provision", done.stderr)


class Consumers(Online):
    def test_list_and_delete(self):
        self.assertEqual(json.loads(self.ctl("consumers", "list", "--json").stdout), [])
        self.assertIn("no consumers", self.ctl("consumers", "list").stderr)
        for _ in range(3):
            self.ctl("pub", "agentDream", "{}")
        self.ctl("sub", "all", "--durable", "audit", "--count", "3")
        self.ctl("sub", "agentDream", "--durable", "dreams", "--count", "1")
        listed = {one["name"]: one for one in json.loads(self.ctl("consumers", "list", "--json").stdout)}
        self.assertEqual(set(listed), {"audit", "dreams"})
        self.assertEqual((listed["audit"]["filter"], listed["dreams"]["filter"]), ("nexus.>", "nexus._core.agent.dream"))
        self.assertEqual((listed["audit"]["pending"], listed["audit"]["delivered"], listed["audit"]["waiting"]), (0, 3, 0))
        self.assertRegex(self.ctl("consumers", "list").stdout, r"(?m)^audit +nexus\.> +0 +\d+ +0  no$")
        self.assertEqual(self.ctl("consumers", "delete", "audit").stdout, "deleted audit\n")
        done = self.fail_with(1, "consumers", "delete", "audit", "dreams", "--json", url=self.url)
        self.assertEqual(lines_of(done.stdout), [{"name": "audit", "deleted": False}, {"name": "dreams", "deleted": True}])
        self.assertEqual(json.loads(self.ctl("consumers", "list", "--json").stdout), [])

    def test_usage(self):
        self.assertIn("which action?", self.fail_with(2, "consumers").stderr)
        self.assertIn("prune: no such action", self.fail_with(2, "consumers", "prune").stderr)
        self.assertIn("which consumer?", self.fail_with(2, "consumers", "delete").stderr)
        self.fail_with(3, "consumers", "list", url="nats://127.0.0.1:1")

    def test_stats(self):
        self.ctl("pub", "agentDream", "{}")
        self.ctl("sub", "all", "--durable", "audit", "--count", "1")
        stats = json.loads(self.ctl("stats", "--json").stdout)
        self.assertEqual((stats["stream"], stats["events"], stats["last_sequence"], stats["memory"]), ("NEXUS", 1, 1, False))
        self.assertEqual([one["name"] for one in stats["consumers"]], ["audit"])
        said = self.ctl("stats").stdout
        self.assertRegex(said, r"^NEXUS  1 events, \d+ B, 1 subjects, on disk, 1 replica\noldest \d+ s ago, newest \d+ s ago\n")
        self.assertRegex(said, r"(?m)^audit ")
        self.assertIn("nexusctl provision", self.fail_with(1, "stats", url=self.url, NEXUS_STREAM="OTHER").stderr)


if __name__ == "__main__":
    unittest.main()
