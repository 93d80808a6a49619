# SPDX-License-Identifier: Apache-2.0
"""nexusctl provision, and what happens without a server."""

import json
import socket
import unittest

from driver import Offline, Online


class Provision(Online):
    provisioned = False

    def test_creates_once_and_changes_nothing_after(self):
        self.assertIn("has been created", self.ctl("provision").stdout)
        for _ in range(2):
            self.assertIn("is there, and as asked for", self.ctl("provision").stdout)
        self.assertEqual(self.ctl("provision", "--quiet").stdout, "")

    def test_dry_run_creates_nothing(self):
        for _ in range(2):
            done = self.fail_with(1, "provision", "--dry-run", url=self.url)
            self.assertIn("is not there", done.stdout)
        self.assertEqual(json.loads(self.fail_with(1, "provision", "-n", "-j", url=self.url).stdout),
                         {"result": "missing", "differences": []})

    def test_differences_are_shown_member_by_member(self):
        self.ctl("provision")
        asked = ["provision", "--memory", "--max-bytes", "20M", "--max-age", "1h", "--duplicate-window", "30s"]
        done = self.fail_with(1, *asked, url=self.url)
        rows = [line.split() for line in done.stdout.splitlines()[1:]]
        self.assertEqual(sorted(rows), [["duplicate_window", "120000000000", "30000000000"],
                                        ["max_age", "0", "3600000000000"], ["max_bytes", "-1", "20971520"],
                                        ["storage", '"file"', '"memory"']])
        self.assertIn("differs in 4 members from what is asked for; nothing was changed", done.stderr)
        found = json.loads(self.fail_with(1, *asked, "--json", url=self.url).stdout)
        self.assertEqual(found["result"], "different")
        self.assertIn({"member": "storage", "actual": "file", "wanted": "memory"}, found["differences"])
        self.assertIn("as asked for", self.ctl("provision").stdout)

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
