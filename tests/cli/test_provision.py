# SPDX-License-Identifier: Apache-2.0
"""nexusctl provision, and what happens without a server."""

import json
import socket
import unittest

from driver import Offline, Online


class Provision(Online):
    provisioned = False

    def results(self, *arguments, status=0):
        done = self.fail_with(status, "provision", *arguments, "--json", url=self.url)
        return {one["stream"]: one["result"] for one in json.loads(done.stdout)["streams"]}

    def config(self, stream):
        return self.server.api(f"STREAM.INFO.{stream}")["config"]

    def test_creates_once_and_changes_nothing_after(self):
        self.assertIn("NEXUS has been created\nNEXUS_DLQ ", self.ctl("provision").stdout)
        for _ in range(2):
            self.assertEqual(self.ctl("provision").stdout, "NEXUS is there, and as asked for\n"
                                                           "NEXUS_DLQ is there, and as asked for\n")
        self.assertEqual(self.ctl("provision", "--quiet").stdout, "")

    def test_dry_run_creates_nothing(self):
        for _ in range(2):
            done = self.fail_with(1, "provision", "--dry-run", url=self.url)
            self.assertIn("is not there", done.stdout)
        self.assertEqual(json.loads(self.fail_with(1, "provision", "-n", "-j", url=self.url).stdout),
                         {"result": "missing", "differences": [],
                          "streams": [{"stream": "NEXUS", "result": "missing"},
                                      {"stream": "NEXUS_DLQ", "result": "missing"}]})
        self.ctl("provision")
        self.ctl("provision", "--dry-run")

    def test_differences_are_shown_member_by_member(self):
        self.ctl("provision")
        asked = ["provision", "--no-dead-letters", "--memory", "--max-bytes", "20M", "--max-age", "1h",
                 "--duplicate-window", "30s"]
        done = self.fail_with(1, *asked, url=self.url)
        rows = [line.split() for line in done.stdout.splitlines()[2:]]
        self.assertEqual(sorted(rows), [["duplicate_window", "120000000000", "30000000000"],
                                        ["max_age", "0", "3600000000000"], ["max_bytes", "-1", "20971520"],
                                        ["storage", '"file"', '"memory"']])
        self.assertIn("4 members differ from what is asked for; nothing was changed", done.stderr)
        found = json.loads(self.fail_with(1, *asked, "--json", url=self.url).stdout)
        self.assertEqual(found["result"], "different")
        self.assertIn({"stream": "NEXUS", "member": "storage", "actual": "file", "wanted": "memory"},
                      found["differences"])
        self.assertIn("as asked for", self.ctl("provision").stdout)

    def test_one_in_the_way_keeps_all_from_being_created(self):
        self.ctl("provision", "--tenant", "salon-001", "--no-dead-letters", "--max-events", "5")
        asked = ["--tenant", "salon-001", "--tenant", "salon-002"]
        self.assertEqual(self.results(*asked, status=1),
                         {"NEXUS-salon-001": "different", "NEXUS-salon-002": "missing", "NEXUS_DLQ": "missing"})
        self.assertEqual(self.server.api("STREAM.NAMES")["streams"], ["NEXUS-salon-001"])
        done = self.fail_with(1, "provision", url=self.url)
        self.assertIn('stream "NEXUS-salon-001" has subjects that overlap with "nexus.>"', done.stderr)
        self.assertEqual(self.server.api("STREAM.NAMES")["streams"], ["NEXUS-salon-001"])

    def test_change_changes_and_shows_it_first(self):
        self.ctl("provision")
        for number in range(4):
            self.ctl("pub", "agentDream", json.dumps({"n": number}))
        asked = ["--horizon", "24h", "--max-events", "3", "--change"]
        done = self.fail_with(1, "provision", *asked, "--dry-run", url=self.url)
        self.assertIn("NEXUS is there, and will be changed", done.stdout)
        self.assertIn("duplicate_window", done.stdout)
        self.assertEqual(len(self.events()), 4)
        done = self.ctl("provision", *asked)
        self.assertRegex(done.stdout, r"(?s)will be changed\n.*duplicate_window.*\nNEXUS has been changed\n")
        self.assertEqual([event["payload"]["n"] for event in self.events()], [1, 2, 3])
        self.assertEqual(self.config("NEXUS")["duplicate_window"], 24 * 3600 * 10**9)
        self.assertEqual(self.results(*asked), {"NEXUS": "unchanged", "NEXUS_DLQ": "unchanged"})

    def test_a_window_below_the_horizon_is_refused(self):
        done = self.fail_with(2, "provision", "--horizon", "1h", "--duplicate-window", "2m", url=self.url)
        self.assertIn("3600000 ms over which an event may be sent again", done.stderr)

    def test_streams_for_tenants_and_the_core(self):
        asked = ["--tenant", "_core", "--tenant", "salon-001", "--memory"]
        self.assertEqual(set(self.results(*asked).values()), {"created"})
        self.assertEqual(self.config("NEXUS-_core")["subjects"], ["nexus._core.>"])
        self.assertEqual(self.config("NEXUS-salon-001")["subjects"], ["nexus.salon-001.>"])
        self.assertEqual(self.config("NEXUS_DLQ")["storage"], "memory")
        self.fail_with(1, "provision", "--tenant", "a.b", url=self.url)
        self.fail_with(2, "provision", "--tenant", "a", "--per-domain", url=self.url)

    def test_streams_for_domains(self):
        made = self.results("--per-domain", "--stream", "E", "--no-dead-letters")
        self.assertEqual(set(made.values()), {"created"})
        domains = {channel["address"].split(".")[2]
                   for channel in json.loads(self.ctl("channels", "--json").stdout)}
        self.assertEqual(set(made), {f"E-{domain}" for domain in domains})
        for name in made:
            self.assertEqual(self.config(name)["subjects"], [f"nexus.*.{name[2:]}.>"])
        self.assertEqual(set(self.results("--per-domain", "--stream", "E", "--no-dead-letters").values()), {"unchanged"})

    def test_another_name(self):
        self.ctl("provision", "--stream", "OTHER", "--max-events", "10")
        self.ctl("pub", "agentDream", "{}")
        done = self.ctl("sub", "all", "--count", "1", "--json", NEXUS_STREAM="OTHER")
        self.assertEqual(json.loads(done.stdout)["stream"], "OTHER")
        done = self.fail_with(1, "provision", url=self.url)
        self.assertIn("nexusctl: ", done.stderr)


class NoServer(Offline):
    def test_the_exit_status_says_so(self):
        with socket.socket() as taken:  # bound and not listening: nobody else will answer there
            taken.bind(("127.0.0.1", 0))
            url = f"nats://127.0.0.1:{taken.getsockname()[1]}"
            for arguments in (["provision"], ["sub", "all"], ["pub", "agentDream", "{}"], ["pub", "-"]):
                done = self.fail_with(3, *arguments, url=url)
                self.assertRegex(done.stderr, r"(?m)^nexusctl: ")
                self.assertIn("nats-server -js", done.stderr)
            self.fail_with(3, "--url", url, "provision")


class Credentials(Online):
    def test_a_file_that_is_not_there(self):
        done = self.fail_with(3, "sub", "all", url=self.url, NEXUS_CREDS="/nonexistent/user.creds")
        self.assertIn("/nonexistent/user.creds", done.stderr)


if __name__ == "__main__":
    unittest.main()
