# SPDX-License-Identifier: Apache-2.0
"""The example programs do what their first comment says."""

import signal
import unittest

from driver import EXAMPLES, Online, lines_of, run


class Examples(Online):
    def publish_readings(self, *readings):
        return run("restaurant-003", "temp-fridge-01", *readings, url=self.url, program=EXAMPLES / "publisher")

    def test_publisher(self):
        done = self.publish_readings("3.9", "4.1")
        self.assertEqual(done.returncode, 0, done.stderr)
        self.assertRegex(done.stdout, r"\Atemp-fridge-01 3\.9 °C: number 1 of NEXUS, evt-[0-9a-f]{8}\n"
                                      r"temp-fridge-01 4\.1 °C: number 2 of NEXUS, evt-[0-9a-f]{8}\n\Z")
        self.assertEqual([event["payload"]["value"] for event in self.events()], [3.9, 4.1])

    def test_publisher_says_what_is_wrong(self):
        self.assertIn("publisher: x: not a number", self.publish_readings("x").stderr)
        done = run("a b", "s", "1", url=self.url, program=EXAMPLES / "publisher")
        self.assertEqual(done.returncode, 1)
        self.assertIn("NEXUS_E_SUBJECT", done.stderr)
        self.assertEqual(run(program=EXAMPLES / "publisher").returncode, 2)

    def test_subscriber_raises_an_alarm_in_the_same_chain_and_remembers(self):
        self.publish_readings("4.0", "9.1")
        watch = self.start(program=EXAMPLES / "subscriber")
        watch.wait_for("9.1 °C")
        alarms = self.start("sub", "telegramMessage", "--json", "--count", "1")
        self.assertEqual(alarms.process.wait(20), 0)
        self.assertEqual(watch.stop(signal.SIGTERM), 0)
        self.assertEqual(watch.stdout, "restaurant-003 temp-fridge-01: 4.0 °C\nrestaurant-003 temp-fridge-01: 9.1 °C\n")
        (alarm,) = lines_of(alarms.stdout)
        self.assertEqual(alarm["payload"]["text"], "restaurant-003 temp-fridge-01: 9.1 °C")
        reading = next(event for event in self.events() if event["payload"].get("value") == 9.1)
        self.assertEqual(alarm["causal_id"], reading["causal_id"])

        self.publish_readings("5.5")
        again = self.start(program=EXAMPLES / "subscriber")
        again.wait_for("5.5 °C")
        self.assertEqual(again.stop(signal.SIGINT), 0)
        self.assertEqual(again.stdout, "restaurant-003 temp-fridge-01: 5.5 °C\n")

    def test_bridge_writes_everything_as_lines(self):
        self.ctl("pub", "agentDream", '{"a":[1]}')
        self.publish_readings("4.2")
        bridge = self.start(program=EXAMPLES / "bridge")
        bridge.wait_for('"sequence":2')
        self.assertEqual(bridge.stop(signal.SIGINT), 0)
        self.assertEqual(lines_of(bridge.stdout), self.events())
        self.ctl("pub", "-", stdin=bridge.stdout)

    def test_event_loop_publishes_and_hears(self):
        node = self.start("edge-krd-02", program=EXAMPLES / "event_loop")
        node.wait_for("health stored as number 1")
        node.wait_for("edge-krd-02 is healthy")
        self.ctl("pub", "edgeHealth", '{"node_id":"edge-msk-01","status":"degraded"}')
        node.wait_for("edge-msk-01 is degraded")
        self.assertEqual(node.stop(signal.SIGTERM), 0)
        self.assertEqual(node.stderr, "")


if __name__ == "__main__":
    unittest.main()
