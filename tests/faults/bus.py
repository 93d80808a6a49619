# SPDX-License-Identifier: Apache-2.0
"""The server's own protocol, spoken by hand: what the library is checked with must not be the library."""

import json
import socket
import time


class BusError(Exception):
    pass


class Bus:
    """One connection. Every call either does what it says within its patience or raises."""

    def __init__(self, port, user=None, password=None, patience=5.0):
        self.socket = socket.create_connection(("127.0.0.1", port), patience)
        self.stream = self.socket.makefile("rwb")
        self.patience = patience
        self.answers = 0
        try:
            line = self.stream.readline()
            if not line.startswith(b"INFO "):
                raise BusError(f"no greeting: {line!r}")
            self.info = json.loads(line[5:])
            hello = {"verbose": False, "headers": True, "no_responders": True}
            if user:
                hello.update(user=user, **{"pass": password})
            self.write(b"CONNECT " + json.dumps(hello).encode() + b"\r\n")
            self.flush()
        except BaseException:
            self.close()
            raise

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.close()

    def close(self):
        try:
            self.stream.close()
        except OSError:
            pass
        self.socket.close()

    def write(self, data):
        self.stream.write(data)

    def flush(self):
        """Until the server has taken everything."""
        self.write(b"PING\r\n")
        self.stream.flush()
        while (line := self.stream.readline()) != b"PONG\r\n":
            self._refuse(line)

    def publish(self, subject, body, headers=None, reply=""):
        """Queues a message; `body` and header values are bytes and go out as they are."""
        space = f" {reply}" if reply else ""
        if headers is None:
            self.write(f"PUB {subject}{space} {len(body)}\r\n".encode() + body + b"\r\n")
            return
        head = b"NATS/1.0\r\n" + b"".join(key + b": " + value + b"\r\n" for key, value in headers) + b"\r\n"
        self.write(f"HPUB {subject}{space} {len(head)} {len(head) + len(body)}\r\n".encode() + head + body + b"\r\n")

    def request(self, subject, body=b"", patience=None):
        """Publishes and returns the body of the answer; raises without one."""
        self.answers += 1
        inbox = f"answer.{id(self)}.{time.monotonic_ns()}"
        self.write(f"SUB {inbox} {self.answers}\r\nUNSUB {self.answers} 1\r\n".encode())
        self.publish(subject, body, reply=inbox)
        self.stream.flush()
        self.socket.settimeout(patience or self.patience)
        while True:
            line = self.stream.readline()
            words = line.split()
            if not words or words[0] == b"-ERR":
                self._refuse(line)
            if words[0] == b"PING":
                self.write(b"PONG\r\n")
                self.stream.flush()
            elif words[0] == b"MSG":
                return self.stream.read(int(words[-1]) + 2)[:-2]
            elif words[0] == b"HMSG":
                head = self.stream.read(int(words[-1]) + 2)[:-2]
                raise BusError(f"{subject}: {head[:60]!r}")

    def api(self, name, body=None, patience=None):
        """Asks JetStream: $JS.API.<name>."""
        text = json.dumps(body).encode() if body is not None else b""
        answer = json.loads(self.request("$JS.API." + name, text, patience))
        if "error" in answer:
            raise BusError(f"{name}: {answer['error']}")
        return answer

    @staticmethod
    def _refuse(line):
        if not line or line.startswith(b"-ERR"):
            raise BusError(line.decode(errors="replace") or "the server closed the connection")
