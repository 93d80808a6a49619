# SPDX-License-Identifier: Apache-2.0
"""nexusctl doctor: each finding is provoked, on a real server where that can show it, and on one whose greeting or
monitoring port says something else where it cannot."""

import http.server
import json
import socket
import threading
import time
import unittest

from driver import Online, Server, run
from proxy import Proxy
from raw_nats import Raw

NEW = "2.10.27"
SOUND = {"subjects": ["nexus.>"], "retention": "limits", "storage": "file", "discard": "old", "num_replicas": 1,
         "duplicate_window": 120 * 10**9}


class Disguise(Proxy):
    """A server that greets as another version, and perhaps as one of a cluster."""

    def __init__(self, url, version=NEW, cluster=None):
        super().__init__(url, None)
        self.version, self.cluster = version, cluster

    def _downwards(self, source, sink):
        sink.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        with source.makefile("rb") as stream:
            greeting = json.loads(stream.readline()[len(b"INFO "):])
            greeting["version"] = self.version
            if self.cluster:
                greeting["cluster"] = self.cluster
            sink.sendall(b"INFO " + json.dumps(greeting).encode() + b"\r\n")
            while data := stream.read1(65536):
                sink.sendall(data)


class Monitor:
    """A monitoring port that says what it is told to."""

    def __init__(self, **varz):
        text = json.dumps({"version": NEW, **varz}).encode()

        class Handler(http.server.BaseHTTPRequestHandler):
            def do_GET(self):  # noqa: N802
                self.send_response(200 if self.path == "/varz" else 404)
                self.end_headers()
                self.wfile.write(text)

            def log_message(self, *_):
                pass
        self.server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.url = f"http://127.0.0.1:{self.server.server_port}"

    def __enter__(self):
        self.thread = threading.Thread(target=self.server.serve_forever)
        self.thread.start()
        return self

    def __exit__(self, *_):
        self.server.shutdown()
        self.thread.join()
        self.server.server_close()


def now(offset=0):
    return time.strftime("%Y-%m-%dT%H:%M:%S.123456789Z", time.gmtime(time.time() + offset))


class Doctor(Online):
    def examine(self, *arguments, url=None, version=NEW, cluster=None, **more):
        """The findings, by check; the exit status fits them."""
        with Disguise(url or self.url, version, cluster) as disguise:
            done = run("doctor", "--json", *arguments, url=disguise.url, **more)
            said = json.loads(done.stdout)
            bad = [one for one in said["findings"] if one["level"] != "note"]
            self.assertEqual(done.returncode, 1 if bad else 0, done.stdout)
            self.assertEqual(said["healthy"], not bad)
            self.assertTrue(all(one["mend"] and one["message"] for one in said["findings"]))
        found = {}
        for one in said["findings"]:
            found.setdefault(one["check"], []).append(one)
        return found

    def bad(self, *arguments, **more):
        return {check: found for check, found in self.examine(*arguments, **more).items()
                if any(one["level"] != "note" for one in found)}

    def stream(self, **config):
        """The stream, with something else about it."""
        with Raw(self.url) as raw:
            raw.request("$JS.API.STREAM.DELETE.NEXUS")
            answer = raw.request("$JS.API.STREAM.CREATE.NEXUS", json.dumps({"name": "NEXUS", **SOUND, **config}))
            self.assertNotIn("error", answer)
            return answer

    def test_health(self):
        with Monitor(now=now(), jetstream={"config": {"sync_interval": 10**9}}) as monitor:
            found = self.examine("--monitor", monitor.url)
        self.assertEqual(set(found), {"replicas"})
        with Disguise(self.url) as disguise:
            done = run("doctor", url=disguise.url)
            self.assertIn("nothing is wrong beyond these notes", done.stdout, done.stderr)
        self.assertEqual(self.events(), [])
        self.assertEqual(self.server.api("STREAM.INFO.NEXUS")["state"]["last_seq"], 0)

    def test_for_people_it_says_how_to_mend(self):
        done = self.fail_with(1, "doctor", "--horizon", "1h", url=self.url)
        self.assertRegex(done.stdout, r"error    duplicates .* 3600 s: it could be stored twice\n +mend: nexusctl provision")

    def test_versions(self):
        for version, words in (("2.9.10", "CVE-2025-30215"), ("2.10.26", "CVE-2025-30215"), ("2.11.0", "CVE-2025-30215"),
                               ("2.8.4", "older than what this SDK works with")):
            self.assertIn(words, json.dumps(self.bad(version=version)["version"]), version)
        for version in ("2.10.27", "2.11.1", "2.12.3", "2.15.1"):
            self.assertEqual(self.bad(version=version), {}, version)
        self.assertIn("sync_interval", json.dumps(self.examine(version="2.9.25")["version"]))
        self.assertIn("did not tell", json.dumps(self.examine(version="")["version"]))

    def test_nothing_takes_the_events(self):
        with Raw(self.url) as raw:
            raw.request("$JS.API.STREAM.DELETE.NEXUS")
        found = self.bad()
        self.assertEqual(len(found["coverage"]), len(json.loads(run("channels", "--json").stdout)))
        self.assertIn("nexusctl provision", found["coverage"][0]["mend"])

    def test_something_takes_some(self):
        self.stream(subjects=["nexus._core.agent.>", "nexus.salon-001.>"])
        found = self.bad()
        self.assertIn("bookingCreated", json.dumps(found["coverage"]))
        self.assertNotIn("agentDream", json.dumps(found["coverage"]))
        self.assertEqual(self.bad("--tenant", "salon-001"), {})

    def test_the_window_is_shorter_than_the_horizon(self):
        self.assertEqual(set(self.bad("--horizon", "121s")), {"duplicates"})
        self.assertEqual(self.bad("--horizon", "120s"), {})
        self.stream(duplicate_window=10 * 10**9)
        self.assertEqual(set(self.bad()), {"duplicates"})

    def test_what_a_stream_must_not_be(self):
        for config, check in (({"storage": "memory"}, "storage"), ({"retention": "workqueue"}, "retention"),
                              ({"discard": "new"}, "discard"), ({"no_ack": True}, "no_ack"),
                              ({"max_msgs_per_subject": 1}, "per subject"), ({"max_msg_size": 100}, "message size")):
            self.stream(**config)
            self.assertEqual(set(self.bad()), {check}, config)

    def test_a_sealed_stream_and_a_copy(self):
        config = self.stream()["config"]
        with Raw(self.url) as raw:
            answer = raw.request("$JS.API.STREAM.UPDATE.NEXUS", json.dumps({**config, "sealed": True}))
            self.assertNotIn("error", answer)
        self.assertIn("sealed", self.bad())
        with Raw(self.url) as raw:
            raw.request("$JS.API.STREAM.DELETE.NEXUS")
            raw.request("$JS.API.STREAM.CREATE.NEXUS", '{"name":"NEXUS","storage":"file","mirror":{"name":"NEXUS_DLQ"}}')
        self.assertIn("mirror", self.bad())

    def test_one_copy_in_a_cluster(self):
        self.assertEqual(set(self.bad(cluster="three")), {"replicas"})

    def test_no_dead_letters(self):
        with Raw(self.url) as raw:
            raw.request("$JS.API.STREAM.DELETE.NEXUS_DLQ")
        self.assertEqual(set(self.bad()), {"dead letters"})

    def test_fsync_and_clock_by_the_monitoring_port(self):
        with Monitor(now=now(), jetstream={"config": {"sync_interval": 120 * 10**9}}) as monitor:
            found = self.bad("--monitor", monitor.url)
            self.assertIn("120 s", found["fsync"][0]["message"])
            self.assertEqual(set(found), {"fsync"})
        with Monitor(now=now(), jetstream={"config": {"sync_interval": 120 * 10**9, "sync_always": True}}) as monitor:
            self.assertEqual(self.bad("--monitor", monitor.url), {})
        for offset, level, word in ((-60, "warning", "ahead"), (60, "warning", "behind"), (-4000, "error", "ahead")):
            with Monitor(now=now(offset)) as monitor:
                (found,) = self.bad("--monitor", monitor.url)["clock"]
                self.assertEqual(found["level"], level)
                self.assertIn(word, found["message"])
        self.assertEqual(set(self.bad("--monitor", self.url)), {"monitor"})
        self.assertEqual(set(self.bad("--monitor", "http://127.0.0.1:9")), {"monitor"})

    def test_a_real_monitoring_port(self):
        with Server('http: "127.0.0.1:-1"') as server:
            ports = json.loads(next(server.directory.glob("*.ports")).read_text())
            self.succeed("provision", "--quiet", url=server.url)
            found = self.examine("--monitor", ports["monitoring"][0], url=server.url)
        self.assertFalse({"monitor", "clock"} & set(found), found)

    def test_permissions_by_trial(self):
        config = ('authorization { users: [ { user: core, password: corepw }\n'
                  '{ user: till, password: tillpw, permissions: { publish: ["nexus.salon-001.kb.>"], subscribe: "_INBOX.>" } } ] }')
        with Server(config) as server:
            self.succeed("provision", "--quiet", url=server.url, NEXUS_USER="core", NEXUS_PASSWORD="corepw")
            found = self.bad("--tenant", "salon-001", url=server.url, NEXUS_USER="till", NEXUS_PASSWORD="tillpw")
        self.assertEqual(set(found), {"permission"})
        text = json.dumps(found)
        self.assertIn("bookingCreated", text)
        self.assertNotIn("kbIngested", text)
        self.assertNotIn("agentDream", text)

    def test_usage(self):
        self.fail_with(2, "doctor", "--horizon", "soon")
        self.fail_with(2, "doctor", "--tenant", "a.b")
        self.fail_with(2, "doctor", "more")
        self.fail_with(3, "doctor", url="nats://127.0.0.1:9")


if __name__ == "__main__":
    unittest.main()
