# SPDX-License-Identifier: Apache-2.0
"""nexusctl sub: what it prints, when it ends, and what it leaves behind."""

import json
import os
import pty
import re
import signal
import subprocess
import unittest

from driver import NEXUSCTL, Online, environment, lines_of, wait_for

MEMBERS = ["subject", "channel", "tenant", "causal_id", "traceparent", "message_id", "stream", "sequence", "time",
           "deliveries", "trust", "key_id", "vector_clock", "payload", "envelope"]


class Printing(Online):
    def test_human_line(self):
        self.ctl("pub", "bookingCreated", "--tenant", "salon-001", '{"client":"Анна 💇"}')
        said = self.ctl("sub", "bookingCreated", "--count", "1").stdout
        self.assertRegex(said, r'^\d\d \w+ \d\d:\d\d:\d\d\.\d{3}  bookingCreated +salon-001 +\{"client":"Анна 💇"\}\n$')

    def test_colours_on_a_terminal_only(self):
        self.ctl("pub", "agentDream", "{}")
        for more, expected in (({}, b"\x1b[1magentDream"), ({"NO_COLOR": "1"}, b"  agentDream")):
            ours, theirs = pty.openpty()
            watch = self.start("sub", "all", "--count", "1", stdout=theirs, **more)
            os.close(theirs)
            said = b""
            while not said.endswith(b"\n"):
                said += os.read(ours, 4096)
            os.close(ours)
            self.assertIn(expected, said)
            self.assertEqual(watch.process.wait(20), 0)

    def test_json_line(self):
        self.ctl("pub", "agentDream", "--causal-id", "evt-00c0ffee", '{"a":1}')
        (event,) = lines_of(self.ctl("sub", "all", "--json", "--count", "1").stdout)
        self.assertEqual(list(event), MEMBERS)
        self.assertEqual(event["causal_id"], "evt-00c0ffee")
        self.assertEqual((event["stream"], event["sequence"], event["deliveries"]), ("NEXUS", 1, 1))
        self.assertRegex(event["traceparent"], r"^00-[0-9a-f]{32}-[0-9a-f]{16}-[0-9a-f]{2}$")
        self.assertRegex(event["time"], r"^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{9}Z$")
        self.assertEqual(list(event["vector_clock"]), ["nexusctl"])
        self.assertIsNone(event["tenant"])
        self.assertIsNone(event["envelope"])

    def test_foreign_bodies_stay_on_one_line_and_off_the_terminal(self):
        body = '{\n  "causal_id": "x\\u001b[2J\u009b1m",\r\n  "vector_clock": {},\n  "payload": {"a":\t"\u009b2J\x7f"},\n  "extra": [\n1]\n}'
        self.server.publish("nexus.salon-001.booking.created", body)
        for options in ([], ["--json"]):
            said = self.ctl("sub", "all", "--count", "1", *options).stdout
            self.assertEqual(said.count("\n"), 1)
            self.assertIsNone(re.search("[\x00-\x09\x0b-\x1f\x7f-\x9f]", said), said)
        event = json.loads(said)
        self.assertEqual(event["payload"], {"a": "\u009b2J\x7f"})
        self.assertEqual(event["causal_id"], "x\x1b[2J\u009b1m")
        self.assertEqual(event["envelope"], {"extra": [1]})
        self.assertIsNone(event["message_id"])

    def test_what_is_no_event_is_reported_and_passed_over(self):
        self.server.publish("nexus.salon-001.booking.created", "{")
        self.ctl("pub", "bookingCreated", "--tenant", "salon-001", "{}")
        done = self.ctl("sub", "all", "--count", "1")
        self.assertRegex(done.stderr, r"(?m)^nexusctl: passed over number 1 of NEXUS, nexus\.salon-001\.booking\.created: ")
        self.assertIn("1 events, 1 messages passed over", done.stderr)


class Doubles(Online):
    provisioned = False

    def test_what_is_in_the_stream_twice_is_shown_twice(self):
        self.server.api("STREAM.CREATE.NEXUS", name="NEXUS", subjects=["nexus.>"], duplicate_window=100_000_000)

        def stored():
            done = self.ctl("pub", "agentDream", "{}", "--message-id", "same", "--json")
            return not lines_of(done.stdout)[0]["duplicate"]
        self.assertTrue(stored())
        wait_for(stored, "the end of the duplicate window")
        for command in (["sub", "all", "--json", "--count", "2"], ["replay", "all", "--json"]):
            events = lines_of(self.ctl(*command).stdout)
            self.assertEqual([event["sequence"] for event in events], [1, 2])
            self.assertEqual(len({event["message_id"] for event in events}), 1)


class Choosing(Online):
    def setUp(self):
        super().setUp()
        for tenant in ("salon-001", "sto-002"):
            for channel in ("bookingCreated", "orderCreated"):
                self.ctl("pub", channel, "--tenant", tenant, "{}")
        self.ctl("pub", "agentDream", "{}")

    def check(self, expected, *arguments):
        """Whatever came that should not would be among the first ones, or between them."""
        done = self.ctl("sub", *arguments, "--json", "--count", len(expected))
        self.assertEqual([event["sequence"] for event in lines_of(done.stdout)], expected)

    def test_channel_and_tenant(self):
        self.check([1, 2, 3, 4, 5], "all")
        self.check([1, 3], "bookingCreated")
        self.check([3], "bookingCreated", "--tenant", "sto-002")
        self.check([3, 4], "all", "--tenant", "sto-002")
        self.check([5], "agent_dream")

    def test_since(self):
        self.check([1, 2, 3, 4, 5], "all", "--since", "1h")

    def test_timeout_after_some(self):
        done = self.ctl("sub", "all", "--timeout", "2")
        self.assertIn("nexusctl: 5 events\n", done.stderr)

    def test_nothing_in_time(self):
        done = self.fail_with(4, "sub", "edgeHealth", "--timeout", "300ms", url=self.url)
        self.assertEqual(done.stdout, "")
        self.fail_with(4, "sub", "agentDream", "--count", "2", "--timeout", "300ms", url=self.url)

    def test_new_ones_only(self):
        watch = self.start("sub", "all", "--new", "--json", "--count", "1")
        watch.wait_for("nexusctl: reading ")
        self.ctl("pub", "agentDream", '{"new":true}')
        self.assertEqual(watch.process.wait(20), 0)
        self.assertEqual([event["sequence"] for event in lines_of(watch.stdout)], [6])

    def test_a_durable_name_goes_on_where_it_ended(self):
        def read(*more):
            done = self.ctl("sub", "all", "--durable", "audit", "--json", "--quiet", *more)
            return [event["sequence"] for event in lines_of(done.stdout)]
        self.assertEqual(read("--count", "5"), [1, 2, 3, 4, 5])
        self.fail_with(4, "sub", "all", "--durable", "audit", "--timeout", "300ms", url=self.url)
        self.ctl("pub", "agentDream", "{}")
        self.assertEqual(read("--count", "1"), [6])
        done = self.fail_with(1, "sub", "bookingCreated", "--durable", "audit", url=self.url)
        self.assertIn("another --durable NAME", done.stderr)

    def test_a_durable_name_keeps_what_the_count_left(self):
        def read(count):
            done = self.ctl("sub", "all", "--durable", "audit", "--json", "--quiet", "--count", count)
            return [event["sequence"] for event in lines_of(done.stdout)]
        self.assertEqual(read(2), [1, 2])
        # What was on its way to the first run comes again; in no particular order, and each once.
        self.assertEqual(sorted(read(2) + read(1)), [3, 4, 5])
        self.fail_with(4, "sub", "all", "--durable", "audit", "--timeout", "300ms", url=self.url)

    def consumers(self):
        return self.server.api("CONSUMER.NAMES.NEXUS")["consumers"] or []

    def test_leaves_nothing_behind_unless_told_to(self):
        self.ctl("sub", "all", "--count", "2")
        self.assertEqual(self.consumers(), [])
        self.ctl("sub", "all", "--count", "2", "--durable", "stays")
        self.assertEqual(self.consumers(), ["stays"])

    def test_ctrl_c_ends_it_with_a_summary(self):
        for number in (signal.SIGINT, signal.SIGTERM):
            watch = self.start("sub", "all", "--json")
            watch.wait_for('"sequence":5')
            self.assertEqual(watch.stop(number), 0)
            self.assertIn("nexusctl: 5 events\n", watch.stderr)
            self.assertEqual(len(lines_of(watch.stdout)), 5)
        self.assertEqual(self.consumers(), [])

    def test_ctrl_c_before_the_count_is_reached(self):
        watch = self.start("sub", "all", "--count", "6")
        watch.wait_for("agentDream")
        self.assertEqual(watch.stop(signal.SIGINT), 130)

    def test_a_server_that_goes_away_is_told_and_ctrl_c_still_works(self):
        watches = [self.start("sub", "all", "--json"), self.start("sub", "all", "--json", "--durable", "stays")]
        for watch in watches:
            watch.wait_for('"sequence":5')
        self.server.process.terminate()
        for watch in watches:
            watch.wait_for("nexusctl: connection lost")
            self.assertEqual(watch.stop(signal.SIGINT), 0)
            self.assertIn("nexusctl: 5 events\n", watch.stderr)
        self.assertRegex(watches[0].stderr, r"nexusctl: no connection: the consumer nexusctl-\S+ stays at the server\n")
        self.assertNotIn("stays at the server", watches[1].stderr)

    def test_a_reader_that_goes_away_ends_it_quietly(self):
        with subprocess.Popen([NEXUSCTL, "sub", "all", "--json", "--durable", "pipe"], stdout=subprocess.PIPE,
                              stderr=subprocess.PIPE, env=environment(self.url), encoding="utf-8") as watch:
            self.assertEqual(json.loads(watch.stdout.readline())["sequence"], 1)
            watch.stdout.close()
            said = watch.stderr.read()
        self.assertEqual(watch.returncode, 0, said)
        self.assertNotIn("ipe", said.replace("pipe\n", ""))


if __name__ == "__main__":
    unittest.main()
