# SPDX-License-Identifier: Apache-2.0
"""nexusctl dlq: what it shows of dead letters, sends back, and throws away."""

import os
import pty
import signal
import unittest

from driver import Online, lines_of, wait_for

POISON = '{"causal_id": \x1b[2J not json'
MEMBERS = ["number", "time", "reason", "code", "where", "error", "subject", "stream", "sequence", "stored", "consumer",
           "service", "deliveries", "message_id", "size", "body_missing"]


class Dlq(Online):
    def bury(self, *tenants):
        """One unreadable event for each tenant, given up by the consumer "crm"."""
        for tenant in tenants:
            self.server.publish(f"nexus.{tenant}.booking.created", POISON)
        watch = self.start("sub", "all", "--durable", "crm", "--json")
        wait_for(lambda: len(self.letters()) == len(tenants), "dead letters")
        watch.stop(signal.SIGTERM)

    def refuse(self, status, *arguments):
        return self.fail_with(status, *arguments, url=self.url)

    def letters(self, *arguments):
        return lines_of(self.ctl("dlq", "list", "--json", *arguments).stdout)

    def test_an_empty_list(self):
        result = self.ctl("dlq", "list")
        self.assertEqual((result.stdout, result.stderr), ("", "nexusctl: no dead letters\n"))
        self.assertEqual(self.letters(), [])

    def test_list_and_filters(self):
        self.bury("salon-001", "salon-002")
        first, second = self.letters()
        self.assertEqual(list(first), MEMBERS)
        self.assertEqual((first["number"], first["reason"], first["code"]), (1, "poison", "NEXUS_E_JSON"))
        self.assertEqual((first["subject"], first["stream"], first["sequence"]), ("nexus.salon-001.booking.created", "NEXUS", 1))
        self.assertEqual((first["consumer"], first["service"], first["deliveries"]), ("crm", "nexusctl", 1))
        self.assertEqual(first["size"], len(POISON))
        self.assertEqual(self.letters("--subject", "nexus.salon-002.>"), [second])
        self.assertEqual(self.letters("--reason", "rejected"), [])
        self.assertEqual(self.letters("--reason", "poison", "--consumer", "crm"), [first, second])
        self.assertEqual(self.letters("--count", "1"), [first])
        self.assertEqual(self.letters("--since", "1h"), [first, second])
        self.assertEqual(self.letters("--until", "1h"), [])
        rows = self.ctl("dlq", "list").stdout.splitlines()
        self.assertRegex(rows[0], r"^ +1  .* poison +nexus\.salon-001\.booking\.created")

    def test_show(self):
        self.bury("salon-001")
        page = self.ctl("dlq", "show", "1").stdout
        self.assertIn("nexus.salon-001.booking.created", page)
        self.assertNotIn("\x1b", page)
        (shown,) = lines_of(self.ctl("dlq", "show", "1", "--json").stdout)
        self.assertEqual((shown["body"], shown["body_base64"], shown["headers"]), (POISON, None, []))
        self.assertEqual(self.ctl("dlq", "show", "1", "--raw").stdout, POISON)
        self.refuse(1, "dlq", "show", "2")

    def test_retry(self):
        self.bury("salon-001", "salon-002")
        dry = lines_of(self.ctl("dlq", "retry", "--all", "--dry-run", "--json").stdout)
        self.assertEqual(dry, [{"number": 1, "ok": True, "error": None}, {"number": 2, "ok": True, "error": None}])
        self.assertEqual(len(self.letters()), 2)
        (back,) = lines_of(self.ctl("dlq", "retry", "2", "--json").stdout)
        self.assertEqual((back["number"], back["ok"], back["sequence"]), (2, True, 3))
        self.assertEqual([letter["number"] for letter in self.letters()], [1])
        result = self.ctl("dlq", "retry", "--subject", "nexus.salon-001.>", "--keep")
        self.assertRegex(result.stdout, r"^ +1  sent back, as NEXUS 4\n$")
        self.assertEqual([letter["number"] for letter in self.letters()], [1])
        self.refuse(1, "dlq", "retry", "7")

    def test_purge(self):
        self.bury("salon-001", "salon-002")
        self.assertIn("--yes", self.refuse(2, "dlq", "purge", "--all").stderr)
        self.assertEqual(len(self.letters()), 2)
        self.ctl("dlq", "purge", "1", "--yes")
        self.assertEqual([letter["number"] for letter in self.letters()], [2])
        for answer, left in ((b"n\n", 1), (b"y\n", 0)):
            ours, theirs = pty.openpty()
            purge = self.start("dlq", "purge", "--all", stdin=theirs)
            os.close(theirs)
            purge.wait_for("throw away 1 letters")
            os.write(ours, answer)
            self.assertEqual(purge.process.wait(60), 1 if left else 0)
            os.close(ours)
            self.assertEqual(len(self.letters()), left)

    def test_what_is_wrong_is_said(self):
        for arguments in (["show"], ["show", "x"], ["retry"], ["retry", "1", "--all"], ["list", "--reason", "bad"],
                          ["list", "--since", "soon"], ["list", "1"], ["purge", "--count", "1"], ["list", "--subject", "a.b"]):
            with self.subTest(arguments):
                self.assertNotEqual(self.refuse(2, "dlq", *arguments).stderr, "")
        self.refuse(1, "dlq", "list", "--dlq", "NOWHERE")

    def test_who_watches_gives_nothing_up(self):
        self.server.publish("nexus.salon-001.booking.created", POISON)
        self.ctl("pub", "agentDream", "{}")
        self.ctl("sub", "all", "--count", "1", "--json")
        self.assertEqual(self.letters(), [])


if __name__ == "__main__":
    unittest.main()
