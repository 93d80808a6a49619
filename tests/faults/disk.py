# SPDX-License-Identifier: Apache-2.0
"""A disk that can be filled: a small file system in memory, mounted where only the server and we see it. Where
mounting is not allowed, the server is given a limit on its storage instead, which it reports in other words."""

import os
import subprocess

from servers import Server


class SmallDisk:
    def __init__(self, directory, megabytes):
        self.directory, self.megabytes = directory, megabytes
        self.holder = None
        self.enter = []
        self.limited = False
        self.means = self.mount()

    def mount(self):
        """A process that keeps the mount alive while servers come and go."""
        point = self.directory.with_name("disk")
        point.mkdir()
        as_root = os.getuid() == 0
        self.holder = subprocess.Popen(
            ["unshare", *([] if as_root else ["-r"]), "-m", "sh", "-c",
             f'mount -t tmpfs -o size={self.megabytes}m none "$1" && echo ready && exec sleep infinity', "sh",
             str(point)], stdout=subprocess.PIPE, stderr=subprocess.DEVNULL)
        if self.holder.stdout.readline().strip() != b"ready":
            self.stop()
            return "a limit of the server"
        pid = self.holder.pid
        self.point = point
        self.seen = f"/proc/{pid}/root{point}"
        self.enter = ["nsenter", "-t", str(pid), *([] if as_root else ["-U", "--preserve-credentials"]), "-m"]
        return "a full file system"

    def server(self, program, directory, extra="", **more):
        disk = self

        class OnDisk(Server):
            def storage(self):
                return f", max_file_store: {disk.megabytes if disk.limited else 1000}MB"

            def configure(self):
                path = super().configure()
                if disk.enter:
                    path.write_text(path.read_text().replace(f"{self.directory}/store", f"{disk.point}/store"))
                return path

        self.made = OnDisk(program, directory, extra, wrapper=self.enter, **more)
        return self.made

    def fill(self):
        if not self.enter:
            self.limited = True
            self.megabytes = 1
            self.made.kill()
            self.made.start()
            self.made.wait()
            return
        with open(self.seen + "/balloon", "wb", buffering=0) as balloon:
            try:
                while True:
                    balloon.write(b"\0" * 65536)
            except OSError:
                pass

    def clear(self):
        self.limited = False
        if self.enter:
            os.unlink(self.seen + "/balloon")

    def stop(self):
        if self.holder:
            self.holder.kill()
            self.holder.wait()
            self.holder.stdout.close()
            self.holder = None
