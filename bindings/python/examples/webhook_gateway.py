# SPDX-License-Identifier: Apache-2.0
"""From webhooks to events, on the standard library alone: POST /TENANT/CHANNEL with the payload as
JSON publishes one event, and answers with its receipt once it is stored.

    webhook_gateway.py [PORT]          PORT 0: any; the address is printed. NEXUS_URL: the server.

The header `Idempotency-Key` becomes the message id, so that a webhook that is sent again is stored
once. GET /metrics has the statistics for Prometheus. It listens on the loopback address only: put a
proxy that knows the senders in front of it.
"""

import json
import os
import signal
import sys
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any, Dict, Type

from nexus_sdk import (ChannelError, Client, ForbiddenError, InvalidError, JsonError, NexusError,
                       SubjectError, TooLargeError, ValidationError)

LARGEST = 1 << 20
STATUS: Dict[Type[NexusError], int] = {
    ChannelError: 404, InvalidError: 400, JsonError: 400, SubjectError: 400, TooLargeError: 413,
    ValidationError: 422, ForbiddenError: 403}


class Gateway(BaseHTTPRequestHandler):
    """One request. Any thread may publish, so each has one of its own."""

    client: Client
    protocol_version = "HTTP/1.1"
    timeout = 30

    def do_POST(self) -> None:
        length = self.headers.get("Content-Length", "")
        if not length.isdecimal() or int(length) > LARGEST:
            self.close_connection = True
            self.answer(413 if length.isdecimal() else 411, {"error": "no usable Content-Length"})
            return
        body = self.rfile.read(int(length))
        parts = self.path.strip("/").split("/")
        if len(parts) != 2:
            self.answer(404, {"error": "POST /TENANT/CHANNEL"})
            return
        try:
            payload = json.loads(body)
            if not isinstance(payload, dict):
                raise ValueError("the body is no JSON object")
        except ValueError as error:
            self.answer(400, {"error": str(error)})
            return
        self.publish(parts[0], parts[1], payload)

    def publish(self, tenant: str, channel: str, payload: Dict[str, Any]) -> None:
        try:
            receipt = self.client.publish_json(channel, payload, tenant,
                                               message_id=self.headers.get("Idempotency-Key"))
            self.answer(200 if receipt.duplicate else 201, receipt._asdict())
        except NexusError as error:
            self.answer(STATUS.get(type(error), 503),
                        {"error": error.message, "where": error.where,
                         "code": error.status_name, "retriable": error.retriable})

    def do_GET(self) -> None:
        if self.path == "/metrics":
            self.answer_text(200, "text/plain; version=0.0.4", self.client.prometheus())
        else:
            self.answer(404, {"error": "GET /metrics"})

    def answer(self, status: int, what: Dict[str, Any]) -> None:
        self.answer_text(status, "application/json", json.dumps(what) + "\n")

    def answer_text(self, status: int, kind: str, text: str) -> None:
        data = text.encode()
        self.send_response(status)
        self.send_header("Content-Type", kind)
        self.send_header("Content-Length", str(len(data)))
        self.end_headers()
        self.wfile.write(data)

    def log_message(self, format: str, *args: Any) -> None:
        pass


def main() -> int:
    port = int(sys.argv[1]) if len(sys.argv) > 1 else 0
    with Client(url=os.environ.get("NEXUS_URL"), service="webhooks") as client:
        client.provision()
        Gateway.client = client
        with ThreadingHTTPServer(("127.0.0.1", port), Gateway) as server:
            print(f"listening on http://127.0.0.1:{server.server_address[1]}", flush=True)
            for number in (signal.SIGINT, signal.SIGTERM):  # shutdown() waits for the loop's end
                signal.signal(number, lambda *_: threading.Thread(target=server.shutdown).start())
            server.serve_forever()
    return 0


if __name__ == "__main__":
    sys.exit(main())
