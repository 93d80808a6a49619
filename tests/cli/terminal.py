# SPDX-License-Identifier: Apache-2.0
"""A program on a terminal: what it shows there, keys pressed, and the width of the window."""

import fcntl
import os
import pty
import re
import select
import signal
import struct
import subprocess
import termios
import time

from driver import NEXUSCTL, PATIENCE, environment


class Terminal:
    """with Terminal("sub", "all", url=…) as terminal: terminal.wait_for("…")"""

    def __init__(self, *arguments, url=None, program=NEXUSCTL, columns=100, **more):
        self.ours, theirs = pty.openpty()
        fcntl.ioctl(theirs, termios.TIOCSWINSZ, struct.pack("HHHH", 30, columns, 0, 0))
        env = environment(url, **{"TERM": "xterm-256color", **more})
        env.pop("COLUMNS", None)
        if "NO_COLOR" not in more:
            env.pop("NO_COLOR", None)
        self.process = subprocess.Popen([str(program), *map(str, arguments)], stdin=theirs, stdout=theirs, stderr=theirs,
                                        env=env, start_new_session=True,
                                        preexec_fn=lambda: fcntl.ioctl(0, termios.TIOCSCTTY, 0))
        os.close(theirs)
        self.shown = ""

    def __enter__(self):
        return self

    def __exit__(self, *_):
        if self.process.poll() is None:
            os.killpg(self.process.pid, signal.SIGKILL)
        self.process.wait()
        os.close(self.ours)

    def _read(self, timeout):
        """Takes what there is; False at the end."""
        if not select.select([self.ours], [], [], timeout)[0]:
            return True
        try:
            data = os.read(self.ours, 65536)
        except OSError:  # the other side has closed
            return False
        self.shown += data.decode(errors="replace")
        return bool(data)

    def wait_for(self, pattern):
        """Until the pattern has been shown; returns the match."""
        deadline = time.monotonic() + PATIENCE
        more = True
        while not (match := re.search(pattern, self.shown)):
            if not more or time.monotonic() > deadline:
                raise AssertionError(f"no {pattern!r} in {self.shown!r}")
            more = self._read(0.1)
        return match

    def press(self, keys):
        os.write(self.ours, keys.encode())

    def ctrl_c(self):
        """Presses Ctrl-C and returns the exit status."""
        self.press("\x03")
        return self.end()

    def end(self):
        """Reads to the end and returns the exit status."""
        deadline = time.monotonic() + PATIENCE
        while self._read(0.1):
            if time.monotonic() > deadline:
                raise AssertionError(f"goes on and on: {self.shown!r}")
            if self.process.poll() is not None and not select.select([self.ours], [], [], 0)[0]:
                break
        return self.process.wait(PATIENCE)

    @property
    def lines(self):
        """What was shown, without colours, by line."""
        return re.sub(r"\x1b\[[0-9;]*[A-Za-z]", "", self.shown).replace("\r", "").splitlines()
