# SPDX-License-Identifier: Apache-2.0
"""Keys, trust stores and capabilities by option and by variable: nexusctl and the example programs."""

import json
import pathlib
import unittest

from driver import EXAMPLES, Offline, Online, lines_of, run

PAYLOAD = '{"client":"Анна"}'


class Signing(Online):
    def setUp(self):
        super().setUp()
        self.home = pathlib.Path(self.server.directory)
        self.key = self.home / "till.pem"
        self.trust = self.home / "trust.json"
        self.id = json.loads(self.succeed("keygen", self.key).stdout)["kid"]
        self.trust.write_text(self.succeed("jwks", "--subject", "nexus.salon-001.>", self.key).stdout)

    def publish(self, *arguments, **more):
        return self.ctl("pub", "bookingCreated", "--tenant", "salon-001", PAYLOAD, *arguments, **more)

    def shown(self, *arguments, count=1, **more):
        return self.ctl("sub", "all", "--pretty", "--count", count, *arguments, **more).stdout

    def test_by_option_and_by_variable(self):
        self.publish("--key", self.key)
        self.publish(NEXUS_SIGNING_KEY=str(self.key))
        for arguments, more in ((["--trust", self.trust], {}), ([], {"NEXUS_TRUST": str(self.trust)})):
            self.assertEqual(self.shown(*arguments, count=2, **more).count("✓ " + self.id[:13]), 2)
        # Options may stand before the command, too; and win over variables.
        done = self.succeed("--trust", self.trust, "--url", self.url, "sub", "all", "--count", "2", NEXUS_TRUST="/nowhere",
                            NEXUS_URL="nats://127.0.0.1:1")
        self.assertEqual(len(done.stdout.splitlines()), 2)

    def test_key_id_and_kind(self):
        for kind in ("auto", "single", "tree"):
            self.publish("--key", self.key, "--key-id", "till-1", "--signing", kind)
        self.trust.write_text(self.succeed("jwks", "--subject", "nexus.>", self.key).stdout.replace(self.id, "till-1"))
        self.assertEqual(self.shown("--trust", self.trust, count=3).count("✓ till-1 "), 3)

    def test_policies(self):
        self.publish()
        self.publish("--key", self.key)
        self.succeed("keygen", self.home / "stranger.pem")
        self.publish("--key", self.home / "stranger.pem")
        done = self.ctl("sub", "all", "--pretty", "--trust", self.trust, "--timeout", "1")
        self.assertEqual(len(done.stdout.splitlines()), 1)
        self.assertIn("1 events, 2 messages passed over", done.stderr)
        lines = self.shown("--trust", self.trust, "--policy", "permit", count=3).splitlines()
        events = lines_of(self.ctl("sub", "all", "--trust", self.trust, "--policy", "permit", "--json", "--count", "3").stdout)
        self.assertEqual([event["trust"] for event in events], ["unsigned", "verified", "unknown_key"])
        self.assertEqual([events[0]["key_id"], events[1]["key_id"]], [None, self.id])
        for line, expected in zip(lines, ("  unsigned ", "  ✓ ", "  ? ")):
            self.assertIn(expected, line)
        self.assertIn("  unchecked ", self.shown(count=2))
        traced = self.ctl("replay", "all", "--trust", self.trust, "--json")
        self.assertEqual(len(lines_of(traced.stdout)), 1)
        self.assertIn("2 messages passed over", traced.stderr)

    def test_a_capability(self):
        core = self.home / "core.pem"
        self.succeed("keygen", core)
        self.trust.write_text(self.succeed("jwks", "--grant", "nexus.>", core).stdout)
        token = self.home / "token"
        issue = ["capability", "issue", "--key", core, "--holder", self.key, "--expires", "1h"]
        token.write_text(self.succeed(*issue, "--subject", "nexus.salon-001.>").stdout)
        self.publish("--key", self.key, "--capability", token)
        self.assertIn("✓~ " + self.id[:12], self.shown("--trust", self.trust))
        self.publish("--key", self.key)
        done = self.ctl("sub", "all", "--trust", self.trust, "--timeout", "1")
        self.assertIn("1 events, 1 messages passed over", done.stderr)
        token.write_text(self.succeed(*issue, "--subject", "nexus.salon-002.>").stdout)
        self.publish("--key", self.key, "--capability", token)
        self.assertIn("the key may not publish this subject", self.ctl("sub", "all", "--trust", self.trust, "--timeout", "1").stderr)

    def test_a_narrowed_capability(self):
        core, printer, token = self.home / "core.pem", self.home / "printer.pem", self.home / "token"
        self.succeed("keygen", core)
        printer_id = json.loads(self.succeed("keygen", printer).stdout)["kid"]
        self.trust.write_text(self.succeed("jwks", "--grant", "nexus.>", core).stdout)
        token.write_text(self.succeed("capability", "issue", "--key", core, "--holder", self.key, "--expires", "1h",
                                      "--subject", "nexus.salon-001.>", "--id", "wide").stdout)
        narrow = ["capability", "issue", "--key", self.key, "--narrow", token, "--holder", printer]
        narrowed = json.loads(self.succeed(*narrow, "--subject", "nexus.salon-001.booking.*", "--json").stdout)["token"]
        self.fail_with(2, *narrow, "--subject", "nexus.>")
        token.write_text(narrowed)
        self.publish("--key", printer, "--capability", token)
        self.assertIn("✓~ " + printer_id[:12], self.shown("--trust", self.trust))
        said = json.loads(self.succeed("capability", "show", "--trust", self.trust, token).stdout)
        self.assertEqual(said[0]["claims"]["jti"], "wide")
        self.assertEqual(len(said), 2)
        self.trust.write_text(self.succeed("jwks", "--add", self.trust, "--revoke", "wide").stdout)
        self.fail_with(1, "capability", "show", "--trust", self.trust, token)

    def test_example_programs(self):
        variables = {"NEXUS_SIGNING_KEY": str(self.key), "NEXUS_TRUST": str(self.trust)}
        self.trust.write_text(self.succeed("jwks", "--subject", "nexus.>", self.key).stdout)
        done = run("farm-004", "s-1", "4.2", "5", program=EXAMPLES / "publisher", url=self.url, **variables)
        self.assertEqual(done.returncode, 0, done.stderr)
        count = self.server.api("STREAM.INFO.NEXUS")["state"]["messages"]
        self.assertGreater(count, 0)
        self.assertEqual(self.shown("--trust", self.trust, count=count).count("  ✓ "), count)
        refused = run("farm-004", "s-1", "4.2", program=EXAMPLES / "publisher", url=self.url, NEXUS_SIGNING_KEY="/nowhere")
        self.assertNotEqual(refused.returncode, 0)
        self.assertIn("NEXUS_SIGNING_KEY", refused.stderr)


class Unusable(Offline):
    def test_the_variable_is_named_and_the_fault_is_told(self):
        here = self._directory()
        key, store, token = here / "key.pem", here / "trust.json", here / "token"
        self.succeed("keygen", key)
        store.write_text('{"keys":[{"kty":"RSA"}]}')
        token.write_text("no token\n")
        loose = here / "loose.pem"
        self.succeed("keygen", loose)
        loose.chmod(0o644)
        for variables, expected in [
            ({"NEXUS_SIGNING_KEY": "/nowhere"}, "NEXUS_SIGNING_KEY: "),
            ({"NEXUS_SIGNING_KEY": str(loose)}, "chmod 600"),
            ({"NEXUS_SIGNING": "tree"}, "NEXUS_SIGNING: needs NEXUS_SIGNING_KEY"),
            ({"NEXUS_SIGNING_KEY_ID": "x"}, "NEXUS_SIGNING_KEY_ID: needs NEXUS_SIGNING_KEY"),
            ({"NEXUS_SIGNING_KEY": str(key), "NEXUS_SIGNING": "both"}, "NEXUS_SIGNING is not auto, single or tree"),
            ({"NEXUS_CAPABILITY": str(token)}, "NEXUS_CAPABILITY: needs NEXUS_SIGNING_KEY"),
            ({"NEXUS_SIGNING_KEY": str(key), "NEXUS_CAPABILITY": str(token)}, "NEXUS_CAPABILITY: "),
            ({"NEXUS_SIGNING_KEY": str(key), "NEXUS_CAPABILITY": "/nowhere"}, "NEXUS_CAPABILITY: /nowhere: No such file"),
            ({"NEXUS_TRUST": "/nowhere"}, "NEXUS_TRUST: "),
            ({"NEXUS_TRUST": str(store)}, "NEXUS_TRUST: "),
            ({"NEXUS_TRUST_POLICY": "permit"}, "NEXUS_TRUST_POLICY: needs NEXUS_TRUST"),
            ({"NEXUS_TRUST": str(store), "NEXUS_TRUST_POLICY": "maybe"}, "NEXUS_TRUST_POLICY is not require or permit"),
            ({"NEXUS_PASSWORD": "x"}, "NEXUS_PASSWORD: needs NEXUS_USER"),
            ({"NEXUS_TLS_KEY": "x"}, "NEXUS_TLS_KEY: needs NEXUS_TLS_CERT"),
        ]:
            with self.subTest(variables):
                done = run("sub", "all", url="nats://127.0.0.1:1", **variables)
                self.assertIn(done.returncode, (1, 2, 3), done.stderr)
                self.assertIn(expected, done.stderr)
        self.assertIn("keys[0]", run("sub", "all", "--trust", store).stderr)

    def _directory(self):
        import tempfile
        directory = tempfile.TemporaryDirectory()
        self.addCleanup(directory.cleanup)
        return pathlib.Path(directory.name)


if __name__ == "__main__":
    unittest.main()
