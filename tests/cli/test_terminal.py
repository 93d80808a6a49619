# SPDX-License-Identifier: Apache-2.0
"""nexusctl on a terminal: colours, width, progress, Ctrl-C; and none of it in a pipe."""

import json
import os
import re
import signal
import unicodedata
import unittest

from driver import DAY, Online, lines_of, run, wait_for
from terminal import Terminal

ESCAPE = "\x1b["


def columns(text):
    return sum(0 if unicodedata.combining(c) else 2 if unicodedata.east_asian_width(c) in "WF" else 1 for c in text)


class Screen(Online):
    def terminal(self, *arguments, **more):
        return self._enter(Terminal(*arguments, **{"url": self.url, **more}))

    def publish(self, text="Анна 💇 " * 30, channel="bookingCreated"):
        self.ctl("pub", channel, "--tenant", "salon-001", "--causal-id", "evt-00c0ffee", json.dumps({"client": text}))

    def test_pretty_lines_fit_the_window(self):
        self.publish()
        self.publish("短い文 🥐" * 30)
        for width in (60, 100, 137):
            screen = self.terminal("sub", "all", "--pretty", "--count", 2, "--quiet", columns=width)
            self.assertEqual(screen.end(), 0)
            lines = [line for line in screen.lines if line]
            self.assertEqual(len(lines), 2, screen.shown)
            for line in lines:
                self.assertLessEqual(columns(line), width, line)
                self.assertGreaterEqual(columns(line), width - 1, line)  # a wide one may not fit the last column
                self.assertTrue(line.endswith("…"))
        self.assertRegex(lines[0], r"^\d\d \w+ \d\d:\d\d:\d\d\.\d{3}  nexus\.salon-001\.booking\.created +-  +evt-00c0ffee  \{\"client\"")

    def test_colours_are_for_terminals(self):
        self.publish("x")
        coloured = self.terminal("sub", "all", "--pretty", "--count", 1)
        self.assertEqual(coloured.end(), 0)
        self.assertIn(ESCAPE + "1mnexus.salon-001.booking.created", coloured.shown)
        for more in ({"NO_COLOR": "1"}, {"TERM": "dumb"}):
            plain = self.terminal("sub", "all", "--pretty", "--count", 1, **more)
            self.assertEqual(plain.end(), 0)
            self.assertNotIn(ESCAPE, plain.shown)
            self.assertIn("nexus.salon-001.booking.created", plain.shown)
        self.assertNotIn(ESCAPE, self.ctl("sub", "all", "--pretty", "--count", "1").stdout)

    def test_a_pipe_has_whole_lines_unless_told_a_width(self):
        self.publish("y" * 500)
        self.assertIn("y" * 500, self.ctl("sub", "all", "--pretty", "--count", "1").stdout)
        narrow = self.ctl("sub", "all", "--pretty", "--count", "1", COLUMNS="80").stdout
        self.assertEqual(columns(narrow.rstrip("\n")), 80)

    def test_nothing_from_the_wire_reaches_the_terminal_as_a_command(self):
        self.server.publish("nexus.salon-001.booking.created", json.dumps(
            {"causal_id": "\x1b[2J\u009b1m", "vector_clock": {}, "payload": {"a": "\u202eevil\x07\u009b2J"}}, ensure_ascii=False)
)
        for command in (["sub", "all", "--count", "1", "--pretty"], ["replay", "all"], ["trace", "\x1b[2J\u009b1m"]):
            screen = self.terminal(*command, NO_COLOR="1", columns=200)
            self.assertEqual(screen.end(), 0, screen.shown)
            shown = screen.shown.replace("\r\x1b[K", "")  # the progress line's end
            self.assertIsNone(re.search("[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f\u202e]", shown), repr(shown))
            self.assertIn("evil", shown)

    def test_progress_on_a_terminal_and_none_in_a_pipe(self):
        screen = self.terminal("pub", "-", columns=80)
        for line in DAY.read_text(encoding="utf-8").splitlines()[:40]:
            screen.press(line[:4000] + "\n" if len(line) < 4000 else "")
        screen.wait_for(r"\d+ read, \d+ stored")
        screen.press("\x04")
        self.assertEqual(screen.end(), 0, screen.shown)
        done = run("pub", "-", url=self.url, stdin=DAY.read_text(encoding="utf-8"))
        self.assertNotIn("read, ", done.stderr)
        self.assertNotIn(ESCAPE, done.stderr)
        bench = self.terminal("bench", "--here", "--events", 20000)
        bench.wait_for(r"asynchronous publish.* events/s")
        self.assertEqual(bench.end(), 0, bench.shown)
        self.assertRegex(bench.shown, r"(blocking|asynchronous): \d+ of \d+")

    def test_ctrl_c(self):
        self.publish("x")
        watch = self.terminal("sub", "all", "--pretty")
        watch.wait_for("evt-00c0ffee")
        self.assertEqual(watch.ctrl_c(), 0)
        self.assertIn("nexusctl: 1 events", watch.shown)
        self.publish("later")
        paced = self.terminal("replay", "all", "--speed", "0.000001")
        paced.wait_for("evt-00c0ffee")
        self.assertEqual(paced.ctrl_c(), 130)
        bench = self.terminal("bench", "--here", "--events", 100000000)
        bench.wait_for(r"asynchronous: \d+ of")
        self.assertEqual(bench.ctrl_c(), 130)
        self.assertEqual(self.server.api("CONSUMER.NAMES.NEXUS")["consumers"] or [], [])

    def test_stats_watch_redraws_in_place(self):
        screen = self.terminal("stats", "--watch", "--interval", "100ms")
        screen.wait_for(r"NEXUS.* 0 events")
        self.publish("x")
        screen.wait_for(r"NEXUS.* 1 events")
        self.assertGreater(screen.shown.count(ESCAPE + "H"), 1)
        self.assertEqual(screen.ctrl_c(), 0)
        piped = lines_of(self.ctl("stats", "--count", "3", "--interval", "20ms", "--json").stdout)
        self.assertEqual([look["events"] for look in piped], [1, 1, 1])
        self.assertEqual((piped[0]["events_per_second"], piped[2]["events_per_second"]), (None, 0.0))
        self.assertNotIn("\x1b", self.ctl("stats", "--count", "2", "--interval", "20ms").stdout)


class Development(Online):
    """nexusctl dev has a server of its own; the test's serves for the clash of ports."""

    def start_dev(self, *arguments, **more):
        self.home = str(self.server.directory / "dev")
        return self._enter(Terminal("dev", "--directory", self.home, *arguments, **more))

    def variables(self, screen):
        screen.wait_for(r"Events are shown here")
        return dict(re.findall(r"export (\w+)=(\S+)", "\n".join(screen.lines)))

    def server_pid(self):
        (name,) = [name for name in os.listdir(self.home) if name.endswith(".ports")]
        return int(re.search(r"(\d+)\.ports", name).group(1))

    def has_gone(self, pid):
        try:
            with open(f"/proc/{pid}/stat") as stat:
                return stat.read().rsplit(")", 1)[1].split()[0] == "Z"
        except FileNotFoundError:
            return True

    def test_from_nothing_to_a_verified_event(self):
        screen = self.start_dev("--port", "0", columns=160)
        variables = self.variables(screen)
        self.assertEqual(set(variables), {"NEXUS_URL", "NEXUS_SIGNING_KEY", "NEXUS_TRUST"})
        url = variables.pop("NEXUS_URL")
        self.assertRegex(url, r"^nats://127\.0\.0\.1:\d+$")
        self.assertEqual(os.stat(variables["NEXUS_SIGNING_KEY"]).st_mode & 0o777, 0o600)
        self.succeed("pub", "agentDream", '{"signed":true}', url=url, **variables)
        screen.wait_for(r"nexus\._core\.agent\.dream.*✓ .*\"signed\": ?true")
        self.succeed("pub", "agentDream", '{"signed":false}', url=url)
        screen.wait_for(r"unsigned.*\"signed\": ?false")
        (event,) = lines_of(self.succeed("sub", "all", "--json", "--count", "1", url=url, **variables).stdout)
        self.assertEqual(event["payload"], {"signed": True})
        pid = self.server_pid()
        self.assertEqual(screen.ctrl_c(), 0, screen.shown)
        self.assertTrue(self.has_gone(pid))
        with open(self.home + "/.gitignore") as ignored:
            self.assertEqual(ignored.read(), "*\n")

    def test_what_was_stored_stays_until_it_is_cleaned(self):
        for arguments, expected in (([], 0), ([], 1), (["--clean"], 0)):
            screen = self.start_dev("--port", "0", *arguments)
            url = self.variables(screen)["NEXUS_URL"]
            self.assertEqual(json.loads(self.succeed("stats", "--json", url=url).stdout)["events"], expected)
            self.succeed("pub", "agentDream", "{}", "--message-id", "once", url=url)
            self.assertEqual(screen.ctrl_c(), 0)

    def test_its_environment_file_is_for_the_shell(self):
        screen = self.start_dev("--port", "0")
        variables = self.variables(screen)
        said = run("-c", f'. "{self.home}/env" && env', program="/bin/sh").stdout
        for name, value in variables.items():
            self.assertIn(f"{name}={value}\n", said)

    def test_json_and_a_server_that_dies(self):
        dev = self.start("dev", "--directory", self.server.directory / "dev", "--port", "0", "--json")
        self.home = str(self.server.directory / "dev")
        dev.wait_for("NEXUS_TRUST")
        said = json.loads(dev.stdout.splitlines()[0])
        self.assertEqual(said["url"], said["environment"]["NEXUS_URL"])
        self.succeed("pub", "agentDream", "{}", url=said["url"])
        dev.wait_for('"channel":"agentDream"')
        os.kill(self.server_pid(), signal.SIGKILL)
        self.assertEqual(dev.process.wait(60), 1)
        self.assertIn("nexusctl: nats-server has ended", dev.stderr)

    def test_the_server_ends_with_a_killed_parent(self):
        screen = self.start_dev("--port", "0")
        self.variables(screen)
        pid = self.server_pid()
        screen.process.kill()
        wait_for(lambda: self.has_gone(pid), "the server's end")

    def test_what_can_be_in_the_way(self):
        port = self.url.rsplit(":", 1)[1]
        home = str(self.server.directory / "dev")
        done = self.fail_with(1, "dev", "--directory", home, "--port", port)
        self.assertIn("address already in use", done.stderr)
        self.assertIn("--port 0", done.stderr)
        screen = self.start_dev("--port", "0")
        self.variables(screen)
        self.assertIn("another `nexusctl dev` is running there",
                      self.fail_with(1, "dev", "--directory", home, "--port", "0").stderr)
        done = self.fail_with(1, "dev", "--directory", home + "2", "--server", "/no/such/program")
        self.assertIn("/no/such/program: No such file", done.stderr)


if __name__ == "__main__":
    unittest.main()
