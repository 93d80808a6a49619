# SPDX-License-Identifier: Apache-2.0
"""The quickstart's proof must be able to fail: here somebody alters, swallows, repeats and adds events."""

import json
import unittest

from driver import DAY, EXAMPLES, Online, run
from proxy import Proxy

QUICKSTART = EXAMPLES / "quickstart"


def row(said, channel):
    """The figures of a channel, and whether the row is marked."""
    words = next(line.split() for line in said.splitlines() if line.split()[:1] == [channel])
    return [int(word) for word in words[1:5]], words[5:] == ["<-"]


class Untouched(Online):
    def test_everything_arrives(self):
        for _ in range(2):  # what is in the stream from before does not matter
            done = run(DAY, url=self.url, program=QUICKSTART)
            self.assertEqual(done.returncode, 0, done.stdout + done.stderr)
            count = len(DAY.read_text(encoding="utf-8").splitlines())
            self.assertEqual(row(done.stdout, "all"), ([count] * 4, False))
            self.assertIn(f"All is well: {count} events", done.stdout)
            self.assertEqual(done.stderr, "")

    def test_leaves_no_consumer_behind(self):
        run(DAY, url=self.url, program=QUICKSTART)
        self.ctl("sub", "all", "--durable", "one", "--count", "1")

    def test_a_refused_line_is_a_failure(self):
        path = self.server.directory / "events.ndjson"
        path.write_text('{"channel":"agentDream","payload":{}}\n{"channel":"kbSearched","tenant":"a","payload":{"query":1}}\n'
                        '{"channel":"nowhere","payload":{}}\nnonsense\n')
        done = run(path, url=self.url, program=QUICKSTART)
        self.assertEqual(done.returncode, 1)
        self.assertRegex(done.stderr, r"line 2 \(kbSearched\): not stored: payload\.query: ")
        self.assertRegex(done.stderr, r"line 3: .*no such channel")
        self.assertRegex(done.stderr, r"line 4: ")

    def test_an_empty_file_proves_nothing(self):
        self.assertEqual(run("/dev/null", url=self.url, program=QUICKSTART).returncode, 1)


class Meddled(Online):
    def quickstart(self, meddle, seconds=60):
        with Proxy(self.url, meddle) as proxy:
            done = run(DAY, seconds, url=proxy.url, program=QUICKSTART)
        self.assertEqual(done.returncode, 1, done.stdout)
        self.assertIn("NOT all is well", done.stdout)
        self.assertNotIn("All is well", done.stdout)
        return done

    def altered(self, old, new):
        changed = []

        def meddle(subject, body):
            if subject.startswith("nexus.") and old in body:
                changed.append(subject)
                return body.replace(old, new)
            return body
        done = self.quickstart(meddle)
        self.assertEqual(len(changed), 1)
        return done

    def test_an_integer_that_differs_by_one(self):
        done = self.altered(b"9007199254740991", b"9007199254740990")
        self.assertEqual(row(done.stdout, "telegramMessage"), ([7, 7, 7, 6], True))
        self.assertRegex(done.stderr, r"line \d+ \(telegramMessage\): the payload is another one")

    def test_the_last_digit_of_a_double(self):
        done = self.altered(b"0.8734567190123457", b"0.8734567190123458")
        self.assertEqual(row(done.stdout, "kbSearched"), ([4, 4, 4, 3], True))

    def test_one_letter(self):
        self.altered("с надписью «Бабушке 80!»".encode()[3:], "с надписью «Бабушке 81!»".encode()[3:])

    def test_another_causal_chain(self):
        chain = next(json.loads(line)["causal_id"] for line in DAY.read_text(encoding="utf-8").splitlines() if "bulka_msk" in line)
        first = []

        def meddle(subject, body):
            if subject.startswith("nexus.") and chain.encode() in body and not first:
                first.append(subject)
                return body.replace(chain.encode(), b"evt-ffffffff")
            return body
        self.assertRegex(self.quickstart(meddle).stderr, rf"left in chain {chain}, arrived in evt-ffffffff")

    def test_a_lost_event(self):
        def meddle(subject, body):
            return None if b"tomato-blight" in body else body
        done = self.quickstart(meddle, 5)
        self.assertEqual(row(done.stdout, "kbIngested"), ([4, 4, 3, 3], True))
        self.assertRegex(done.stderr, r"line \d+ \(kbIngested\): stored, but did not arrive")

    def test_the_message_id_of_another_event(self):
        seen = []

        def meddle(subject, body):
            if subject == "nexus._core.agent.dream":
                seen.append(body)
                head = b"Nats-Msg-Id: "
                start = body.index(head) + len(head)
                end = body.index(b"\r\n", start)
                first = seen[0][seen[0].index(head) + len(head):]
                return body[:start] + first[:end - start] + body[end:]
            return body
        done = self.quickstart(meddle, 5)
        self.assertRegex(done.stderr, r"\(agentDream\): arrived 2 times")
        self.assertRegex(done.stderr, r"\(agentDream\): stored, but did not arrive")

    def test_a_stranger(self):
        def meddle(subject, body):
            return body.replace(b"Nats-Msg-Id: bakery-006:0", b"Nats-Msg-Id: bakery-006:f") \
                if subject == "nexus.bakery-006.order.created" else body
        done = self.quickstart(meddle, 5)
        self.assertRegex(done.stderr, r"\(orderCreated\): was not published here")


if __name__ == "__main__":
    unittest.main()
