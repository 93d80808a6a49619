# SPDX-License-Identifier: Apache-2.0
"""A man in the middle who speaks enough of NATS to change or swallow what the server delivers."""

import re
import socket
import threading

MESSAGE = re.compile(rb"(?P<verb>H?MSG) (?P<subject>\S+) .*?(?P<size>\d+)\r\n\Z")


class Proxy:
    """with Proxy(url, meddle) as proxy: … proxy.url

    `meddle(subject, body)` gets every delivery (headers and body) and returns it, another one of the
    same length, or None to swallow it."""

    def __init__(self, url, meddle):
        host, port = url.removeprefix("nats://").split(":")
        self.upstream = (host, int(port))
        self.meddle = meddle
        self.listener = socket.create_server(("127.0.0.1", 0))
        self.url = f"nats://127.0.0.1:{self.listener.getsockname()[1]}"
        self.sockets = []
        self.threads = []

    def __enter__(self):
        self._spawn(self._accept)
        return self

    def __exit__(self, *_):
        for connection in [self.listener, *self.sockets]:
            try:
                connection.shutdown(socket.SHUT_RDWR)
            except OSError:
                pass  # the other side has gone before
            connection.close()
        for thread in self.threads:
            thread.join()

    def _spawn(self, function, *arguments):
        thread = threading.Thread(target=function, args=arguments, daemon=True)
        self.threads.append(thread)
        thread.start()

    def _accept(self):
        while True:
            try:
                client, _ = self.listener.accept()
                server = socket.create_connection(self.upstream)
            except OSError:
                return  # closed: the test is over
            self.sockets += [client, server]
            self._spawn(self._guard, self._upwards, client, server)
            self._spawn(self._guard, self._downwards, server, client)

    @staticmethod
    def _guard(pump, source, sink):
        try:
            pump(source, sink)
            sink.shutdown(socket.SHUT_WR)
        except OSError:
            pass  # one of the two has gone

    @staticmethod
    def _upwards(source, sink):
        while data := source.recv(65536):
            sink.sendall(data)

    def _downwards(self, source, sink):
        with source.makefile("rb") as stream:
            while line := stream.readline():
                match = MESSAGE.match(line)
                if not match:
                    sink.sendall(line)
                    continue
                size = int(match["size"])
                body = self.meddle(match["subject"].decode(), stream.read(size))
                end = stream.read(2)
                if body is not None:
                    assert len(body) == size
                    sink.sendall(line + body + end)
