# SPDX-License-Identifier: Apache-2.0
"""nexusctl pub: one event, many lines, and what is said about the ones that fail."""

import json
import os
import pty
import signal
import subprocess
import unittest

from driver import DAY, NEXUSCTL, Online, environment, lines_of

BOOKING = ("pub", "bookingCreated", "--tenant", "salon-001")


class One(Online):
    def test_prints_where_it_was_stored(self):
        said = self.ctl(*BOOKING, '{"client":"Анна"}').stdout
        self.assertRegex(said, r"^bookingCreated stored as number 1 of NEXUS, causal id evt-[0-9a-f]{8}\n$")

    def test_receipt_as_json(self):
        receipt = json.loads(self.ctl(*BOOKING, "--json", "--causal-id", "evt-0badcafe", "{}").stdout)
        self.assertEqual({key: receipt[key] for key in ("channel", "stream", "sequence", "duplicate", "causal_id")},
                         {"channel": "bookingCreated", "stream": "NEXUS", "sequence": 1, "duplicate": False,
                          "causal_id": "evt-0badcafe"})
        self.assertEqual(self.events()[0]["message_id"], receipt["message_id"])

    def test_a_message_id_is_stored_once(self):
        first, second = (json.loads(self.ctl(*BOOKING, "--json", "--message-id", "order-7", "{}").stdout) for _ in "12")
        self.assertEqual((first["duplicate"], second["duplicate"]), (False, True))
        self.assertEqual(first["sequence"], second["sequence"])
        self.assertEqual(len(self.events()), 1)

    def test_the_tenant_of_a_system_event_is_in_its_envelope(self):
        self.ctl("pub", "agentDream", "--tenant", "salon-001", "{}")
        self.ctl("pub", "agentDream", "{}")
        about, nobody = self.events()
        self.assertEqual((about["subject"], about["tenant"]), ("nexus._core.agent.dream", "salon-001"))
        self.assertIsNone(nobody["tenant"])

    def test_the_node_of_a_heartbeat_is_in_its_subject(self):
        self.ctl("pub", "edgeHealth", '{"node_id":"edge-msk-01","status":"healthy"}')
        self.assertEqual(self.events()[0]["subject"], "nexus._core.edge.health.edge-msk-01")

    def test_refusals_name_the_member(self):
        for arguments, expected in [
            (("telegramMessage", '{"direction":"inbound","chat_id":9007199254740993,"text":""}'),
             "nexusctl: payload.chat_id: 9007199254740993 exceeds 2^53-1"),
            (("pipelineStageCompleted", '{"stage":"lunch","status":"started"}'), "nexusctl: payload.stage: "),
            (("agentHandoff", '{"from":"a","to":"b","task":"c","files":["d",5]}'), "nexusctl: payload.files[1]: "),
            (("bookingCreated", "--tenant", "a.b", "{}"), "nexusctl: tenant: "),
            (("bookingCreated", "--tenant", "a", "{} x"), "nexusctl: payload"),
        ]:
            done = self.fail_with(1, "pub", *arguments, url=self.url)
            self.assertIn(expected, done.stderr)
            self.assertEqual(done.stdout, "")
        self.fail_with(4, "sub", "all", "--timeout", "300ms", url=self.url)


class NoStream(Online):
    provisioned = False

    def test_says_what_to_do(self):
        done = self.fail_with(1, *BOOKING, "{}", url=self.url)
        self.assertIn("nexus.salon-001.booking.created", done.stderr)
        self.assertIn("`nexusctl provision` creates the stream", done.stderr)
        done = self.fail_with(1, "sub", "all", url=self.url)
        self.assertIn("`nexusctl provision` creates the stream", done.stderr)


class Lines(Online):
    def test_a_bad_line_in_the_middle_is_reported_and_the_others_go_on(self):
        lines = ['{"n":1}', '{"n":2}', "", '{"n":3,"n":4}', "not json", '{"n":5}', "[]", '{"n":6}']
        done = self.fail_with(1, *BOOKING, "-", stdin="\n".join(lines), url=self.url)
        self.assertRegex(done.stderr, r"(?m)^nexusctl: line 4: payload\.n: ")
        self.assertRegex(done.stderr, r"(?m)^nexusctl: line 5: ")
        self.assertRegex(done.stderr, r"(?m)^nexusctl: line 7: ")
        self.assertRegex(done.stderr, r"(?m)^nexusctl: 4 of 7 events stored in .*; 3 failed")
        self.assertEqual([event["payload"]["n"] for event in self.events()], [1, 2, 5, 6])

    def test_receipts_have_line_numbers(self):
        said = self.ctl(*BOOKING, "-", "--json", "--quiet", stdin='{"n":1}\n\n{"n":2}\n')
        self.assertEqual([(receipt["line"], receipt["sequence"]) for receipt in lines_of(said.stdout)], [(1, 1), (3, 2)])
        self.assertEqual(said.stderr, "")

    def test_payloads_keep_their_spelling(self):
        payload = '{"z":1.50,"a":[1e2,0.1000000000000000055],"deep":{"б":"\\u0416\\/ж","x":-0.0}}'
        self.ctl(*BOOKING, "-", stdin=payload)
        self.ctl("pub", "-", stdin='{"payload": %s ,"tenant":"a","channel":"orderCreated"}' % payload)
        said = self.ctl("sub", "all", "--json", "--count", "2").stdout
        self.assertEqual(said.count('"payload":' + payload + ","), 2, said)

    def test_mixed_lines_name_their_channels(self):
        self.ctl("pub", "-", stdin=DAY.read_text(encoding="utf-8"))
        published = lines_of(DAY.read_text(encoding="utf-8"))
        received = self.events()
        self.assertEqual(len(received), len(published))
        for left, right in zip(published, received):
            for member in ("channel", "causal_id", "payload"):
                self.assertEqual(left[member], right[member])
            self.assertEqual(left.get("tenant"), right["tenant"])
        self.assertEqual([event["sequence"] for event in received], list(range(1, len(published) + 1)))

    def test_mixed_lines_are_read_strictly(self):
        sound = '{"channel":"agentDream","payload":{}}'
        lines = [sound, '{"channel":"agentDream","payload":{},"tennant":"a"}', '{"channel":"agentDream"}',
                 '{"payload":{}}', '{"channel":"agentDreams","payload":{}}', '{"channel":"bookingCreated","payload":{}}',
                 sound + " {}", '{"channel":"agentDream","payload":{},"payload":{}}', '{"channel":7,"payload":{}}', sound]
        done = self.fail_with(1, "pub", "-", stdin="\n".join(lines), url=self.url)
        for number, expected in [(2, "tennant: "), (3, "payload: is missing"), (4, "channel: is missing"),
                                 (5, "agentDreams: .*did you mean agentDream"), (6, "tenant: "), (7, "the line is not one"),
                                 (8, "payload: .*twice"), (9, "channel: ")]:
            self.assertRegex(done.stderr, rf"(?m)^nexusctl: line {number}: {expected}")
        self.assertIn("2 of 10 events stored", done.stderr)

    def test_what_sub_prints_can_be_published_again(self):
        for client in ("Анна", "Zoë"):
            self.ctl(*BOOKING, json.dumps({"client": client}))
        first = self.ctl("sub", "all", "--json", "--count", "2").stdout
        self.ctl("pub", "-", stdin=first)
        copies = self.events()[2:]
        for left, right in zip(lines_of(first), copies, strict=True):
            self.assertEqual([left[name] for name in ("channel", "tenant", "causal_id", "payload")],
                             [right[name] for name in ("channel", "tenant", "causal_id", "payload")])

    def test_a_line_that_is_too_long_is_passed_over(self):
        long = '{"text":"' + "x" * (9 << 20) + '"}'
        done = self.fail_with(1, *BOOKING, "-", stdin=f'{{"n":1}}\n{long}\n{{"n":2}}', url=self.url)
        self.assertRegex(done.stderr, r"(?m)^nexusctl: line 2: ")
        self.assertEqual([event["payload"]["n"] for event in self.events()], [1, 2])

    def test_many_lines_pass_through_the_window(self):
        count = 20000
        done = self.ctl(*BOOKING, "-", stdin="".join(f'{{"n":{n}}}\n' for n in range(count)))
        self.assertIn(f"{count} of {count} events stored", done.stderr)
        received = self.ctl("sub", "bookingCreated", "--json", "--quiet", "--count", count)
        self.assertEqual([event["payload"]["n"] for event in lines_of(received.stdout)], list(range(count)))

    def test_a_slow_producer_hears_of_a_failure_at_once(self):
        publisher = self.start(*BOOKING, "-", stdin=subprocess.PIPE)
        publisher.process.stdin.write("nonsense\n{}\n")
        publisher.process.stdin.flush()
        publisher.wait_for("nexusctl: line 1: ")
        self.assertIsNone(publisher.process.poll())
        publisher.process.stdin.close()
        self.assertEqual(publisher.process.wait(20), 1)

    def test_ctrl_c_waits_for_what_was_sent(self):
        publisher = self.start(*BOOKING, "-", "--json", stdin=subprocess.PIPE)
        publisher.process.stdin.write('{"n":1}\n{"n":2}\n')
        publisher.process.stdin.flush()
        publisher.wait_for('"line":2')
        self.assertEqual(publisher.stop(signal.SIGINT), 130)
        self.assertIn("2 of 2 events stored", publisher.stderr)

    def test_a_progress_line_on_a_terminal(self):
        ours, theirs = pty.openpty()
        publisher = self.start(*BOOKING, "-", stdin=subprocess.PIPE, stderr=theirs)
        os.close(theirs)
        self.addCleanup(os.close, ours)
        publisher.process.stdin.write("{}\n")
        publisher.process.stdin.flush()
        said = b""
        while b"1 read, " not in said:
            said += os.read(ours, 4096)
        publisher.process.stdin.close()
        self.assertEqual(publisher.process.wait(20), 0)
        while b"1 of 1 events stored" not in said:
            said += os.read(ours, 4096)
        self.assertIn(b"\r\x1b[Knexusctl: 1 of 1 events stored", said)

    def test_no_progress_line_without_a_terminal(self):
        done = self.ctl(*BOOKING, "-", stdin="{}\n" * 3000)
        self.assertNotIn("\r", done.stderr)

    def test_a_reader_that_goes_away_is_no_error(self):
        with subprocess.Popen([NEXUSCTL, *BOOKING, "-", "--json"], stdin=subprocess.PIPE, stdout=subprocess.PIPE,
                              stderr=subprocess.PIPE, env=environment(self.url), encoding="utf-8") as publisher:
            publisher.stdout.close()
            publisher.stdin.write("{}\n" * 10)
            publisher.stdin.close()
            said = publisher.stderr.read()
        self.assertEqual(publisher.returncode, 0, said)
        self.assertNotIn("Broken pipe", said)


if __name__ == "__main__":
    unittest.main()
