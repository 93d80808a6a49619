# SPDX-License-Identifier: Apache-2.0
"""examples/quickstart.sh: all of it once, and, over a build of stand-ins, how it fails and cleans up."""

import os
import pathlib
import re
import shutil
import signal
import subprocess
import tempfile
import unittest

from driver import PATIENCE, SOURCE, environment, wait_for

SCRIPT = SOURCE / "examples" / "quickstart.sh"


class Script(unittest.TestCase):
    def setUp(self):
        self.work = pathlib.Path(tempfile.mkdtemp(prefix="nexus test "))  # with a space, on purpose
        self.addCleanup(shutil.rmtree, self.work)
        for name in ("tmp", "bin", "elsewhere", "build/examples/nexusctl"):
            (self.work / name).mkdir(parents=True)

    def stand_in(self, path, *lines):
        path = self.work / path
        path.write_text("#!/bin/sh\n" + "\n".join(lines) + "\n")
        path.chmod(0o755)
        return path

    def start(self, build=None, path=None):
        path = path or f"{self.work}/bin:{os.environ['PATH']}"
        env = environment("nats://127.0.0.1:1", TMPDIR=str(self.work / "tmp"), PATH=path, NEXUS_CREDS="/nonexistent")
        env.pop("LD_LIBRARY_PATH", None)  # the library that it builds is meant, not the one under test
        return subprocess.Popen([SCRIPT, build or self.work / "build"], stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
                                stderr=subprocess.PIPE, encoding="utf-8", cwd=self.work / "elsewhere",
                                start_new_session=True, env=env)

    def run_to_end(self, status, **more):
        with self.start(**more) as script:
            said, complained = script.communicate(timeout=280)
        self.assertEqual(script.returncode, status, said + complained)
        self.assert_clean()
        return said, complained

    def assert_clean(self):
        self.assertEqual(list((self.work / "tmp").iterdir()), [])
        self.assertEqual(list((self.work / "elsewhere").iterdir()), [])


class Whole(Script):
    def test_from_nothing_to_all_is_well_twice(self):
        for _ in range(2):
            said, complained = self.run_to_end(0, build=self.work / "fresh")
            self.assertIn("All is well: ", said)
            self.assertEqual(len(re.findall(r"(?m)^  [a-z]\w+ +(\d+) +\1 +\1 +\1$", said)), 27 + 1)  # and "all"
            self.assertIn("Try next:", said)
            self.assertEqual(complained, "")
        (path,) = [line.strip() for line in said.splitlines() if "PATH=" in line]
        env = environment()
        env.pop("LD_LIBRARY_PATH", None)
        done = subprocess.run(["sh", "-c", path + "; nexusctl --version"], capture_output=True, encoding="utf-8", env=env)
        self.assertTrue(done.stdout.startswith("nexusctl "), done.stderr)


class Parts(Script):
    def setUp(self):
        super().setUp()
        self.stand_in("build/build.ninja")
        self.stand_in("bin/ninja", "exit 0")
        self.stand_in("build/examples/nexusctl/nexusctl", f'echo "$NEXUS_URL ${{NEXUS_CREDS-none}}" > "{self.work}/url"')
        self.stand_in("build/examples/quickstart", "exit 0")

    def test_only_its_own_server_is_used(self):
        self.run_to_end(0)
        url, credentials = (self.work / "url").read_text().split()
        self.assertRegex(url, r"^nats://127\.0\.0\.1:\d{4,5}$")
        self.assertEqual(credentials, "none")

    def test_events_that_differ_are_a_failure(self):
        self.stand_in("build/examples/quickstart", "exit 1")
        said, complained = self.run_to_end(1)
        self.assertIn("what arrived is not what was published", complained)
        self.assertNotIn("Try next", said)

    def test_a_stream_that_cannot_be_made_is_a_failure(self):
        self.stand_in("build/examples/nexusctl/nexusctl", "exit 3")
        self.assertIn("the stream could not be created", self.run_to_end(1)[1])

    def test_a_build_that_fails_shows_its_end(self):
        self.stand_in("bin/ninja", "echo 'error: no luck today' >&2", "exit 7")
        complained = self.run_to_end(1)[1]
        self.assertIn("error: no luck today", complained)
        self.assertIn("the build failed (status 7)", complained)

    def test_a_server_that_does_not_start_shows_its_log(self):
        self.stand_in("bin/nats-server", 'for last; do :; done', 'echo "no disk" > "$last"', "exit 1")
        complained = self.run_to_end(1)[1]
        self.assertIn("no disk", complained)
        self.assertIn("nats-server did not start", complained)

    def test_what_is_missing_is_named_where_there_is_no_apt(self):
        for command in ("sh", "dirname", "mktemp", "rm", "tr", "cc", "meson"):
            (self.work / "bin" / command).symlink_to(shutil.which(command))
        complained = self.run_to_end(1, path=f"{self.work}/bin", build=self.work / "build")[1]
        self.assertIn("needed and not found", complained)
        self.assertIn("pkg-config libnats-dev libcjson-dev libsodium-dev", complained)
        self.assertNotIn("gcc", complained)

    def test_interrupted_it_takes_its_server_along(self):
        for number, status in ((signal.SIGINT, 130), (signal.SIGTERM, 143)):
            marker = self.work / f"pid {number}"
            self.stand_in("build/examples/quickstart", f': > "{marker}"', "exec sleep 600")
            with self.start() as script:
                wait_for(marker.exists, "the script to be in the middle")
                children = pathlib.Path(f"/proc/{script.pid}/task/{script.pid}/children").read_text().split()
                servers = [pid for pid in children if pathlib.Path(f"/proc/{pid}/comm").read_text() == "nats-server\n"]
                self.assertEqual(len(servers), 1)
                os.killpg(script.pid, number)
                script.communicate(timeout=PATIENCE)
            self.assertEqual(script.returncode, status)
            self.assertFalse(pathlib.Path("/proc", servers[0]).exists())
            self.assert_clean()


if __name__ == "__main__":
    unittest.main()
