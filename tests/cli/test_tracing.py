# SPDX-License-Identifier: Apache-2.0
"""examples/tracing: one trace through three services, as a collector gets it."""

import http.server
import json
import threading
import unittest

from driver import EXAMPLES, Online, run, wait_for

TRACED = EXAMPLES / "tracing" / "traced"


class Collector(http.server.ThreadingHTTPServer):
    """Stands in for an OpenTelemetry collector: keeps what is posted to /v1/traces."""

    def __init__(self):
        super().__init__(("127.0.0.1", 0), Handler)
        self.posts = []
        self.status = 200
        self.thread = threading.Thread(target=self.serve_forever)
        self.thread.start()

    @property
    def url(self):
        return f"http://127.0.0.1:{self.server_port}"

    def stop(self):
        self.shutdown()
        self.thread.join()
        self.server_close()

    def spans(self):
        """All spans, each with its service's name as `service`."""
        for post in list(self.posts):
            for resource in post["resourceSpans"]:
                (name,) = [item["value"]["stringValue"] for item in resource["resource"]["attributes"]
                           if item["key"] == "service.name"]
                for scope in resource["scopeSpans"]:
                    for span in scope["spans"]:
                        yield {**span, "service": name}


class Handler(http.server.BaseHTTPRequestHandler):
    def do_POST(self):
        body = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
        if self.path == "/v1/traces" and self.headers["Content-Type"] == "application/json":
            self.server.posts.append(body)
        self.send_response(self.server.status)
        self.send_header("Content-Length", "2")
        self.end_headers()
        self.wfile.write(b"{}")

    def log_message(self, *_):
        pass


class Tracing(Online):
    def setUp(self):
        super().setUp()
        self.collector = Collector()
        self.addCleanup(self.collector.stop)
        self.env = {"OTEL_EXPORTER_OTLP_ENDPOINT": self.collector.url}

    def test_one_trace_through_three_services(self):
        services = [self.start(role, program=TRACED, **self.env) for role in ("bell", "desk")]
        for service in services:
            service.wait_for("ready")
        front = run("front", url=self.url, program=TRACED, **self.env)
        self.assertEqual((front.returncode, front.stderr), (0, ""))
        for service in services:
            self.assertEqual(service.process.wait(60), 0, service.stderr)
        wait_for(lambda: len(list(self.collector.spans())) == 4, "four spans")

        spans = {(span["service"], span["name"]): span for span in self.collector.spans()}
        chain = [("front", "publish bookingCreated"), ("desk", "process bookingCreated"),
                 ("desk", "publish telegramMessage"), ("bell", "process telegramMessage")]
        self.assertEqual(set(spans), set(chain))
        self.assertEqual(len({span["traceId"] for span in spans.values()}), 1)
        self.assertRegex(spans[chain[0]]["traceId"], r"\A[0-9a-f]{32}\Z")
        self.assertEqual(spans[chain[0]]["parentSpanId"], "")
        for parent, child in zip(chain, chain[1:]):
            self.assertEqual(spans[child]["parentSpanId"], spans[parent]["spanId"], child)
        self.assertEqual([spans[name]["kind"] for name in chain], [4, 5, 4, 5])
        for span in spans.values():
            self.assertEqual(span["status"], {"code": 1})
            self.assertLessEqual(int(span["startTimeUnixNano"]), int(span["endTimeUnixNano"]))

    def test_a_collector_that_refuses_does_not_harm_the_event(self):
        self.collector.status = 503
        front = run("front", url=self.url, program=TRACED, **self.env)
        self.assertEqual(front.returncode, 0)
        self.assertIn("spans were not exported: the collector said: HTTP/1.0 503", front.stderr)
        self.assertEqual(len(self.events()), 1)

    def test_a_failed_publish_is_a_failed_span(self):
        self.server.api("STREAM.DELETE.NEXUS")
        front = run("front", url=self.url, program=TRACED, **self.env)
        self.assertEqual(front.returncode, 1)
        (span,) = self.collector.spans()
        self.assertEqual(span["status"], {"code": 2, "message": "NEXUS_E_NO_STREAM"})


if __name__ == "__main__":
    unittest.main()
