# SPDX-License-Identifier: Apache-2.0
"""The README's program compiles without a warning and does what it says; its links lead somewhere."""

import os
import re
import shlex
import subprocess
import unittest

from driver import BUILD, SOURCE, Offline, Online, run

README = (SOURCE / "README.md").read_text(encoding="utf-8")

# The program connects to the default port, which is not for tests to take.
ELSEWHERE = """
#include <nexus/nexus.h>
#include <stdlib.h>
static int connect_elsewhere(struct nexus_client **out, struct nexus_error *err)
{
    struct nexus_client_options *options = nexus_client_options_new();
    int status = nexus_client_options_set_url(options, getenv("NEXUS_URL"), err);
    status = status ? status : nexus_client_new(options, out, err);
    nexus_client_options_destroy(options);
    return status;
}
#define nexus_client_new(options, out, err) connect_elsewhere(out, err)
"""


class Program(Online):
    def build(self):
        (code,) = re.findall(r"<!-- A test takes this program[^\n]*\n```c\n(.*?)```", README, re.S)
        source = self.server.directory / "readme.c"
        source.write_text(code, encoding="utf-8")
        (self.server.directory / "elsewhere.h").write_text(ELSEWHERE)
        flags = [f"-I{SOURCE}/include", f"-L{BUILD}/lib", "-lnexus-sdk", f"-Wl,-rpath,{BUILD}/lib"]
        if os.environ.get("NEXUS_TEST_SANITIZE", "none") != "none":
            flags.append(f"-fsanitize={os.environ['NEXUS_TEST_SANITIZE']}")
        program = self.server.directory / "readme"
        elsewhere = ["-include", str(self.server.directory / "elsewhere.h"), "-o", str(program)]
        for extra in (["-o", "/dev/null"], elsewhere):  # as it stands, and for the test's server
            done = subprocess.run(["cc", "-std=c99", "-Wall", "-Wextra", "-Werror", str(source), *extra, *flags],
                                  capture_output=True, encoding="utf-8")
            self.assertEqual(done.returncode, 0, done.stderr)
        return program

    def test_compiles_and_runs(self):
        done = run(program=self.build(), url=self.url)
        self.assertEqual((done.returncode, done.stdout, done.stderr), (0, "farm-004, temp-fridge-01: 4.2\n", ""))


class Text(Offline):
    def test_links_lead_somewhere(self):
        for target in re.findall(r"\]\(([^)#]+)\)", README):
            self.assertTrue((SOURCE / target).exists(), target)

    def test_the_commands_are_there(self):
        for command in re.findall(r"^    (\w+/\w+\.sh)", README, re.M):
            self.assertTrue(os.access(SOURCE / command, os.X_OK), command)

    def test_the_commands_at_the_terminal_are_understood(self):
        for line in re.findall(r"^    nexusctl (pub \w+ .*)$", README, re.M):
            self.succeed(*shlex.split(line, comments=True), "--dry-run")


if __name__ == "__main__":
    unittest.main()
