# SPDX-License-Identifier: Apache-2.0
"""What nexusctl says without a server: versions, help, the contract, and what is wrong with a command line."""

import json
import re
import shlex
import subprocess
import sys
import unittest

from driver import DAY, NEXUSCTL, SOURCE, Offline, lines_of, run

COMMANDS = [line.split()[0] for line in run("--help").stdout.split("\n\n")[2].splitlines()]


def actions_of(command):
    """The command lines that a command's name stands for: itself, or its actions."""
    said = run(command, "--help").stdout
    if "\nactions\n" not in said:
        return [[command]]
    return [[command, line.split()[0]] for line in said.split("\nactions\n")[1].split("\n\n")[0].splitlines()]


LINES = [line for command in COMMANDS for line in actions_of(command)]


class Help(Offline):
    def test_version(self):
        said = self.succeed("--version").stdout
        self.assertRegex(said, r"^nexusctl 1\.0\.0 \(library 1\.0\.0, contract 2\.0\.0\)\n$")

    def test_general_help_teaches(self):
        said = self.succeed("--help").stdout
        self.assertIn("provision", COMMANDS)
        for word in [*COMMANDS, "NEXUS_URL", "NEXUS_CREDS", "exit status", "--url"]:
            self.assertIn(word, said)
        self.assertEqual(self.succeed("help").stdout, said)

    def test_every_command_has_help_with_examples(self):
        self.assertIn(["consumers", "list"], LINES)
        for line in [*LINES, *([command] for command in COMMANDS)]:
            said = self.succeed(*line, "--help").stdout
            self.assertIn("\nexamples\n", said)
            self.assertIn("\n  nexusctl " + " ".join(line), said)
            self.assertEqual(self.succeed("help", *line).stdout, said)

    def test_every_command_takes_json(self):
        for line in LINES:
            self.assertIn("\n  -j, --json ", self.succeed(*line, "--help").stdout, line)

    def test_the_table_as_json(self):
        said = json.loads(self.succeed("help", "--json").stdout)
        self.assertEqual(json.loads(self.succeed("--json", "--help").stdout), said)
        self.assertEqual([command["name"] for command in said["commands"]], COMMANDS)
        by_name = {command["name"]: command for command in said["commands"]}
        self.assertEqual(json.loads(self.succeed("help", "sub", "--json").stdout), by_name["sub"])
        self.assertEqual(json.loads(self.succeed("sub", "-j", "--help").stdout), by_name["sub"])
        self.assertLessEqual({"consumers list", "consumers delete"}, {action["name"] for action in by_name["consumers"]["actions"]})
        self.assertIn({"name": "tenant", "letter": "t", "value": "T", "help": "only this tenant's events (no system channels then)"},
                      by_name["sub"]["options"])
        self.assertIn("NEXUS_URL", [setting["variable"] for setting in said["environment"]])
        self.assertEqual(set(json.loads(self.succeed("--json", "--version").stdout)), {"nexusctl", "library", "contract"})

    def test_every_option_of_the_help_is_understood(self):
        for line in LINES:
            for option in re.findall(r"(?m)^  (?:-\w,|   ) --([\w-]+)", self.succeed(*line, "--help").stdout):
                # What follows is wrong for every command, so that none of them does anything.
                refused = run(*line, f"--{option}", "1", "2", "3", "4", "--no-such-option", url="nats://127.0.0.1:1")
                self.assertNotIn(f"'--{option}'", refused.stderr, line)
                self.assertNotEqual(refused.returncode, 0)

    def test_no_command_is_a_usage_error(self):
        done = self.fail_with(2)
        self.assertEqual(done.stdout, "")
        self.assertIn("usage: nexusctl", done.stderr)

    def test_usage_errors(self):
        for arguments, expected in [
            (["frobnicate"], "nexusctl: frobnicate: no such command"),
            (["--frob"], "nexusctl: unrecognized option '--frob'"),
            (["pub", "--frob"], "nexusctl pub: unrecognized option '--frob'"),
            (["pub"], "nexusctl pub: CHANNEL and JSON are needed"),
            (["pub", "bookingCreated", "{}"], "nexusctl pub: bookingCreated belongs to a tenant"),
            (["pub", "bookingCreated", "-t", "a", "{", "}"], "quote the JSON"),
            (["pub", "-", "--tenant", "a"], "each line names its own"),
            (["pub", "-t", "a", "-m", "id", "bookingCreated", "-"], "--message-id is for one event only"),
            (["pub", "-d", "soon", "agentDream", "{}"], "--deadline soon: not a time"),
            (["pub", "-p", "x", "agentDream", "{}"], "write it as NAME=VALUE"),
            (["sub"], "nexusctl sub: which CHANNEL?"),
            (["sub", "all", "agentDream"], "one CHANNEL only"),
            (["sub", "all", "--count", "0"], "--count 0: not a number from 1"),
            (["sub", "all", "--count", "7x"], "--count 7x"),
            (["sub", "all", "--timeout", "-1"], "--timeout -1: not a time"),
            (["sub", "agentDream", "--tenant", "a"], "agentDream is the platform's: it has no --tenant"),
            (["provision", "now"], "nexusctl provision: now: takes options only"),
            (["provision", "--max-bytes", "3X"], "3X: not usable for -b"),
            (["provision", "--replicas", "6"], "6: not usable for -r"),
            (["channels", "a", "b"], "one CHANNEL at most"),
        ]:
            with self.subTest(arguments):
                done = self.fail_with(2, *arguments)
                self.assertIn(expected, done.stderr)
                self.assertEqual(done.stdout, "")

    def test_unusable_variables_are_named(self):
        for name, value in [("NEXUS_SERVICE", "a b"), ("NEXUS_NODE", "*"), ("NEXUS_LOG", "loud"), ("NEXUS_URL", "ftp://x")]:
            done = self.fail_with(2, "sub", "all", **{name: value})
            self.assertIn(f"nexusctl: {name}: ", done.stderr)


class Channels(Offline):
    def test_json_has_every_channel(self):
        channels = json.loads(self.succeed("channels", "--json").stdout)
        self.assertEqual(len(channels), 27)
        self.assertEqual(len({channel["name"] for channel in channels}), 27)
        self.assertEqual(sum(channel["tenant"] for channel in channels), 16)
        self.assertEqual(sum(channel["open"] for channel in channels), 14)
        telegram = next(channel for channel in channels if channel["name"] == "telegramMessage")
        self.assertEqual([member["name"] for member in telegram["members"] if member["required"]],
                         ["direction", "chat_id", "text"])
        self.assertEqual(telegram["members"][0]["values"], ["inbound", "outbound"])

    def test_table_has_every_channel(self):
        said = self.succeed("channels").stdout
        for channel in json.loads(self.succeed("channels", "--json").stdout):
            self.assertRegex(said, rf"(?m)^{channel['name']} ")
        self.assertIn("27 channels", said)

    def test_page_shows_a_command_that_works(self):
        for channel in json.loads(self.succeed("channels", "--json").stdout):
            page = self.succeed("channels", channel["name"]).stdout
            words = shlex.split(page[page.index("nexusctl pub"):])[1:]
            self.assertEqual(words[1], channel["name"])
            self.succeed(*words, "--dry-run")

    def test_other_spellings_and_suggestions(self):
        for spelling in ["kbSearched", "kb_searched", "nexus.{tenant_id}.kb.searched", "nexus.a.kb.searched"]:
            self.assertTrue(self.succeed("channels", spelling).stdout.startswith("kbSearched\n"))
        done = self.fail_with(1, "channels", "bookingCreate")
        self.assertIn("nexusctl: bookingCreate: the contract has no such channel; did you mean bookingCreated?", done.stderr)
        self.assertNotIn("did you mean", self.fail_with(1, "channels", "x" * 200).stderr)

    def test_unwritable_output_fails(self):
        done = self.succeed("channels")
        self.assertTrue(done.stdout)
        with open("/dev/full", "w") as full:
            status = subprocess.run([NEXUSCTL, "channels"], stdout=full, stderr=subprocess.PIPE, encoding="utf-8")
        self.assertEqual(status.returncode, 1)
        self.assertIn("nexusctl: standard output: ", status.stderr)


class Day(Offline):
    def test_the_day_is_what_its_script_makes(self):
        made = subprocess.run([sys.executable, SOURCE / "examples/data/day.py"], capture_output=True, check=True,
                              env={"PYTHONIOENCODING": "utf-8"})
        self.assertEqual(made.stdout.decode(), DAY.read_text(encoding="utf-8"))

    def test_the_day_keeps_to_the_contract(self):
        text = DAY.read_text(encoding="utf-8")
        done = self.succeed("pub", "--dry-run", "-", stdin=text)
        count = len(text.splitlines())
        self.assertIn(f"{count} of {count} events keep to the contract", done.stderr)

    def test_the_day_has_what_it_promises(self):
        text = DAY.read_text(encoding="utf-8")
        events = lines_of(text)
        self.assertTrue(250 <= len(events) <= 400)
        self.assertEqual(len({event["channel"] for event in events}), 27)
        self.assertGreaterEqual(len({event.get("tenant") for event in events}), 6)
        self.assertEqual(text.count(str(2**53 - 1)), 1)
        self.assertEqual([len(event["payload"]["context_summary"]) for event in events
                          if "context_summary" in event["payload"]], [2000])
        self.assertIn("0.30000000000000004", text)
        self.assertIn('"files":[]', text)
        self.assertIn("🥐", text)
        self.assertEqual([event["time"] for event in events], sorted(event["time"] for event in events))


if __name__ == "__main__":
    unittest.main()
