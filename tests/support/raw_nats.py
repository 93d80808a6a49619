# SPDX-License-Identifier: Apache-2.0
"""A connection that speaks the server's protocol itself, as somebody would who does not use the SDK: nothing is
checked before it is sent, and everything that comes back is seen."""

import json
import socket

PATIENCE = 30


class Raw:
    """with Raw(url, user, password) as raw: …"""

    def __init__(self, url, user=None, password=None):
        host, port = url.removeprefix("nats://").split(":")
        self.socket = socket.create_connection((host, int(port)), PATIENCE)
        self.stream = self.socket.makefile("rwb")
        self.stream.readline()
        login = {"user": user, "pass": password} if user else {}
        self._write("CONNECT " + json.dumps({"verbose": False, "headers": True, "no_responders": True, **login}))
        self.errors, self.messages, self.sids = [], [], 0
        self.sync()

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.stream.close()
        self.socket.close()

    def _write(self, text):
        self.stream.write(text.encode() + b"\r\n")

    def publish(self, subject, body="", reply="", headers=""):
        """`headers` as they stand on the wire, from NATS/1.0 to the empty line."""
        size = len(body.encode())
        if headers:
            head = len(headers.encode())
            self._write(f"HPUB {subject} {reply} {head} {head + size}\r\n{headers}{body}")
        else:
            self._write(f"PUB {subject} {reply} {size}\r\n{body}")

    def subscribe(self, subject, queue=""):
        self.sids += 1
        self._write(f"SUB {subject} {queue} {self.sids}")

    def sync(self):
        """Everything that was sent has been dealt with; what came meanwhile is in errors and messages."""
        self._write("PING")
        self.stream.flush()
        while not self._read():
            pass

    def _read(self):
        """One line; True for the PONG."""
        line = self.stream.readline()
        if not line:
            raise ConnectionError("the server has closed the connection")
        words = line.split()
        if words[0] == b"-ERR":
            self.errors.append(line.decode().strip())
        elif words[0] in (b"MSG", b"HMSG"):
            body = self.stream.read(int(words[-1]) + 2)[:-2]
            head = int(words[-2]) if words[0] == b"HMSG" else 0
            counts = 2 if words[0] == b"HMSG" else 1
            reply = words[3].decode() if len(words) == 4 + counts else None
            self.messages.append((words[1].decode(), body[head:].decode(), body[:head].decode(), reply))
        elif words[0] == b"PING":
            self._write("PONG")
        return words[0] == b"PONG"

    def request(self, subject, body="", inbox="_INBOX.raw.1"):
        """The first answer, as JSON; None when the server forbids it or nobody is there."""
        self.subscribe(inbox)
        before, failed = len(self.messages), len(self.errors)
        self.publish(subject, body, inbox)
        self.sync()
        while len(self.messages) == before and len(self.errors) == failed:
            self._read()
        self._write(f"UNSUB {self.sids}")
        if len(self.messages) == before:
            return None
        _, text, headers, _ = self.messages[before]
        return json.loads(text) if text and " 503" not in headers else None
