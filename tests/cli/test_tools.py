# SPDX-License-Identifier: Apache-2.0
"""nexusctl schema, validate, completion and man, without a server; and the page that documents it all."""

import json
import os
import pathlib
import re
import subprocess
import tempfile
import unittest

from driver import DAY, NEXUSCTL, SOURCE, Offline, environment, lines_of, run

CHANNELS = json.loads(run("channels", "--json").stdout)
FAULTY = '{"chat_id":"7","direction":"up","x":1}'
FAULTS = [{"member": "payload.chat_id", "message": "expected an integer, got a string"},
          {"member": "payload.direction", "message": '"up" is not one of inbound, outbound'},
          {"member": "payload.text", "message": "required member is missing"}]


class Schema(Offline):
    def test_every_channel_has_a_page_whose_example_is_sound(self):
        for channel in CHANNELS:
            page = self.succeed("schema", channel["name"]).stdout
            self.assertTrue(page.startswith(f"{channel['name']}\n{channel['address']}\n{channel['summary']}\n"))
            self.assertIn(channel["fingerprint"], page)
            body = json.loads(page[page.index("an event\n") + 9:])
            self.assertEqual("tenant" in body, channel["tenant"])
            self.assertEqual(set(body["payload"]), {member["name"] for member in channel["members"]})
            done = run("validate", channel["name"], "-", stdin=json.dumps(body["payload"]))
            self.assertEqual(done.returncode, 0, done.stdout)
            for member in channel["members"]:
                if member["max_length"]:
                    self.assertIn(f"up to {member['max_length']} characters", page)

    def test_json_schema(self):
        for channel in CHANNELS:
            schema = json.loads(self.succeed("schema", channel["name"], "--json").stdout)
            self.assertEqual(schema["title"], channel["name"])
            self.assertEqual(list(schema["properties"]), [member["name"] for member in channel["members"]])
            self.assertEqual(schema["required"], [member["name"] for member in channel["members"] if member["required"]])
        schema = json.loads(self.succeed("schema", "telegramMessage", "--json").stdout)
        self.assertEqual(schema["properties"]["direction"]["enum"], ["inbound", "outbound"])
        self.assertEqual(schema["properties"]["chat_id"]["maximum"], 2**53 - 1)
        self.assertEqual(json.loads(self.succeed("schema", "agentHandoff", "--json").stdout)["properties"]["context_summary"]
                         ["maxLength"], 2000)

    def test_usage(self):
        self.assertIn("which CHANNEL?", self.fail_with(2, "schema").stderr)
        self.assertIn("did you mean kbSearched?", self.fail_with(1, "schema", "kbSearch").stderr)


class Validate(Offline):
    def setUp(self):
        directory = tempfile.TemporaryDirectory()
        self.addCleanup(directory.cleanup)
        self.file = pathlib.Path(directory.name) / "payload.json"

    def check(self, text, *arguments, status=1):
        self.file.write_text(text, encoding="utf-8")
        done = self.fail_with(status, "validate", *arguments, self.file)
        return done.stdout.replace(str(self.file), "FILE"), done.stderr

    def test_every_error_with_its_member(self):
        said, summary = self.check(FAULTY, "telegramMessage")
        self.assertEqual(said, "".join(f"FILE: {fault['member']}: {fault['message']}\n" for fault in FAULTS))
        self.assertEqual(summary, "nexusctl: 0 of 1 payloads keep to the contract\n")
        self.assertEqual(self.fail_with(1, "validate", "telegramMessage", "-", "-q", stdin=FAULTY).stdout,
                         said.replace("FILE", "standard input"))

    def test_json(self):
        said, _ = self.check(FAULTY, "telegramMessage", "--json")
        self.assertEqual(json.loads(said), {"file": "FILE", "channel": "telegramMessage", "errors": FAULTS, "valid": False})
        said, _ = self.check('\n{ "direction": "inbound",\n"chat_id": -7, "text": "" }\n', "telegramMessage", "--json", status=0)
        self.assertEqual(json.loads(said), {"file": "FILE", "channel": "telegramMessage", "errors": [], "valid": True})

    def test_lines(self):
        said, summary = self.check('{}\n\n' + FAULTY + '\n{"a":1', "telegramMessage", "--lines", "--json")
        verdicts = lines_of(said)
        self.assertEqual([one["line"] for one in verdicts], [1, 3, 4])
        self.assertEqual([len(one["errors"]) for one in verdicts], [3, 3, 1])
        self.assertIn("0 of 3 payloads", summary)

    def test_events_name_their_channels(self):
        done = self.succeed("validate", "-", DAY)
        count = len(DAY.read_text(encoding="utf-8").splitlines())
        self.assertIn(f"{count} of {count} payloads keep to the contract", done.stderr)
        said, _ = self.check('{"channel":"kbSearched","payload":{}}\n{"channel":"kbSearch","payload":{}}\n{"payload":{}}\n', "-")
        self.assertEqual(said.splitlines(), [
            "FILE:1: payload.query: required member is missing",
            "FILE:1: payload.results_count: required member is missing",
            "FILE:2: kbSearch: the contract has no such channel; did you mean kbSearched?",
            "FILE:3: channel: is missing from the line"])

    def test_what_is_no_payload(self):
        for text, expected in (("", "payload: byte 0: expected a value"), ("[]", "expected an object, got an array"),
                               ("{}{}", "payload: byte 2: "), ("{\"a\":\"\0\"}", "contains a NUL byte")):
            self.assertIn(expected, self.check(text, "bookingCreated")[0])
        self.assertIn("No such file", self.fail_with(1, "validate", "bookingCreated", "/nowhere").stderr)
        self.fail_with(2, "validate", "bookingCreated")


class Completion(Offline):
    def offered(self, *words):
        return [line.split("\t")[0] for line in self.succeed("completion", "words", "--", *words).stdout.splitlines()]

    def test_what_is_offered(self):
        commands = self.offered("")
        self.assertTrue({"pub", "sub", "trace", "consumers", "completion"} <= set(commands))
        for words, expected in [
            (["tra"], ["trace"]), (["consumers", "del"], ["delete"]), (["sub", "bookingCr"], ["bookingCreated"]),
            (["sub", "al"], ["all"]), (["schema", "al"], []), (["sub", "--pol"], ["--policy"]),
            (["sub", "--policy", ""], ["require", "permit"]), (["sub", "--policy", "=", "p"], ["permit"]),
            (["--signing", "t"], ["tree"]), (["--url", "nats://x", "channe"], ["channels"]), (["--url", "tra"], []),
            (["sub", "all", "--trust", ""], [":file"]), (["dev", "--directory", ""], [":dir"]), (["keygen", ""], [":file"]),
            (["validate", "kbSearched", ""], [":file"]), (["sub", "-t", ""], []), (["completion", "z"], ["zsh"]),
            (["help", "tra"], ["trace"]), (["jwks", "--pol"], []), (["sub", "--", "--x"], []),
        ]:
            with self.subTest(words):
                self.assertEqual(self.offered(*words), expected)
        self.assertEqual(len(self.offered("schema", "")), 27)

    def shell(self, program, script):
        path = f"{NEXUSCTL.parent}:{os.environ['PATH']}"
        with tempfile.TemporaryDirectory() as home:
            done = subprocess.run([*program, script], capture_output=True, encoding="utf-8", timeout=120, cwd=home,
                                  env=environment(PATH=path, HOME=home, XDG_CONFIG_HOME=home, XDG_DATA_HOME=home, TERM="xterm"))
        self.assertEqual((done.returncode, done.stderr), (0, ""), done.stdout)
        return done.stdout.split()

    def test_bash(self):
        def complete(*words):
            line = " ".join(f"'{word}'" for word in ["nexusctl", *words])
            return self.shell(["bash", "-c"], f"""
                source <(nexusctl completion bash)
                compopt() {{ :; }}
                touch some-file; mkdir some-dir
                COMP_WORDS=({line}); COMP_CWORD={len(words)}
                _nexusctl nexusctl; printf '%s\\n' "${{COMPREPLY[@]}}" """)
        self.assertEqual(complete("tra"), ["trace"])
        self.assertEqual(complete("sub", "--policy", "=", "p"), ["permit"])
        self.assertEqual(complete("sub", "--policy", "="), ["require", "permit"])
        self.assertEqual(sorted(complete("keygen", "some")), ["some-dir", "some-file"])
        self.assertEqual(complete("dev", "-d", "some"), ["some-dir"])

    def test_zsh(self):
        # The completion system itself needs a line editor: what is given to it is what counts.
        said = self.shell(["zsh", "-f", "-c"], """
            compdef() { :; }
            _describe() { print -rl -- ${(P)2} }
            _files() { print FILES $* }
            source <(nexusctl completion zsh)
            words=(nexusctl sub --policy ''); CURRENT=4; _nexusctl
            words=(nexusctl keygen ''); CURRENT=3; _nexusctl || true
            words=(nexusctl dev -d ''); CURRENT=4; _nexusctl || true""")
        self.assertEqual(said, ["require:", "permit:", "FILES", "FILES", "-/"])

    def test_fish(self):
        def complete(line):
            return [one.split("\t")[0] for one in self.shell(["fish", "-N", "-c"], f"""
                nexusctl completion fish | source
                complete -C '{line}' | cut -f1""")]
        self.assertEqual(complete("nexusctl tra"), ["trace"])
        self.assertEqual(complete("nexusctl sub --policy "), ["permit", "require"])

    def test_usage_and_json(self):
        self.assertIn("which shell?", self.fail_with(2, "completion").stderr)
        self.assertIn("tcsh: not bash, zsh or fish", self.fail_with(2, "completion", "tcsh").stderr)
        for shell in ("bash", "zsh", "fish"):
            self.assertEqual(json.loads(self.succeed("completion", shell, "--json").stdout)["script"],
                             self.succeed("completion", shell).stdout)


class Manual(Offline):
    def test_the_page_is_sound_and_complete(self):
        page = self.succeed("man").stdout
        done = subprocess.run(["groff", "-man", "-ww", "-K", "utf8", "-Tutf8", "-P-cbou"], input=page, capture_output=True,
                              encoding="utf-8", timeout=120)
        self.assertEqual((done.returncode, done.stderr), (0, ""))
        for line in run("--help").stdout.split("\n\n")[2].splitlines():
            self.assertIn("nexusctl " + line.split()[0], done.stdout)
        for word in ("consumers delete", "NEXUS_TRUST_POLICY (--policy require|permit)", "EXIT STATUS", "NO_COLOR",
                     "'{\"client\":\"Анна\",\"service\":\"cut\"}'"):
            self.assertIn(word, done.stdout)
        self.assertEqual(json.loads(self.succeed("man", "--json").stdout)["page"], page)


class Documents(Offline):
    PAGE = SOURCE / "docs" / "nexusctl.md"

    def test_the_table_of_variables_is_the_programs(self):
        rows = re.findall(r"(?m)^\| `(NEXUS_\w+)` \| (?:`(--[\w-]+)[^|]*` )?\| (.*?) \|$", self.PAGE.read_text(encoding="utf-8").replace("\\|", "/"))
        text = self.succeed("--help").stdout
        text = text[text.index("\nenvironment"):text.index("\nexit status")]
        found = re.findall(r"(?m)^  (NEXUS_\w+) +(--[\w-]+)?", text)
        self.assertEqual([(name, option) for name, option, _ in rows], [(name, option) for name, option in found])

    def test_every_command_has_its_place(self):
        page = self.PAGE.read_text(encoding="utf-8")
        for line in run("--help").stdout.split("\n\n")[2].splitlines():
            self.assertIn(f"`nexusctl {line.split()[0]}", page)


if __name__ == "__main__":
    unittest.main()
