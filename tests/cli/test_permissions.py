# SPDX-License-Identifier: Apache-2.0
"""nexusctl permissions, on real servers: with a tenant's credentials everything works that the SDK does, and nothing
else does. Both forms: an account for each tenant, and one account for all."""

import base64
import itertools
import json
import os
import pathlib
import re
import sys
import unittest

import driver
from driver import Offline, Server, run, wait_for

sys.path.insert(0, str(driver.SOURCE / "bindings" / "python"))
from nexus_sdk import ACK, REJECT, RETRY, Client  # noqa: E402
from nexus_sdk.events import KbIngested  # noqa: E402
from raw_nats import Raw  # noqa: E402

MINE, OTHER, SERVICE = "salon-001", "salon-002", "crm"
PASSWORDS = {"core": "corepassword", MINE: "minepassword", OTHER: "otherpassword"}
CHANNELS = json.loads(run("channels", "--json").stdout)
API = ["INFO", "STREAM.NAMES", "STREAM.LIST", "STREAM.CREATE.MORE", "STREAM.UPDATE.NEXUS", "STREAM.INFO.NEXUS",
       "STREAM.DELETE.NEXUS", "STREAM.PURGE.NEXUS", "STREAM.SNAPSHOT.NEXUS", "STREAM.RESTORE.NEXUS",
       "STREAM.MSG.GET.NEXUS", "STREAM.MSG.DELETE.NEXUS", "STREAM.PEER.REMOVE.NEXUS", "STREAM.LEADER.STEPDOWN.NEXUS",
       "STREAM.INFO.NEXUS_DLQ", "STREAM.MSG.GET.NEXUS_DLQ", "STREAM.PURGE.NEXUS_DLQ", "DIRECT.GET.NEXUS",
       "DIRECT.GET.NEXUS.nexus.salon-002.kb.ingested", "CONSUMER.NAMES.NEXUS", "CONSUMER.LIST.NEXUS",
       "CONSUMER.CREATE.NEXUS", "CONSUMER.CREATE.NEXUS.mine", "CONSUMER.CREATE.NEXUS.mine.nexus.salon-001.kb.ingested",
       "CONSUMER.DURABLE.CREATE.NEXUS.mine", "CONSUMER.DELETE.NEXUS.{mine}", "CONSUMER.DELETE.NEXUS.{other}",
       "CONSUMER.CREATE.NEXUS.{mine}.nexus.salon-001.kb.ingested", "CONSUMER.DURABLE.CREATE.NEXUS.{mine}",
       "CONSUMER.INFO.NEXUS.{other}", "CONSUMER.MSG.NEXT.NEXUS.{other}", "CONSUMER.INFO.NEXUS_DLQ.{mine}",
       "CONSUMER.MSG.NEXT.NEXUS_DLQ.{mine}", "CONSUMER.LEADER.STEPDOWN.NEXUS.{other}", "CONSUMER.PAUSE.NEXUS.{other}",
       "CONSUMER.UNPIN.NEXUS.{other}", "META.LEADER.STEPDOWN", "SERVER.REMOVE", "ACCOUNT.PURGE.NEXUS-CORE"]
PUSH = json.dumps({"stream_name": "NEXUS", "config": {"name": "mine", "durable_name": "mine", "ack_policy": "none",
                   "deliver_policy": "all", "deliver_subject": "nexus.salon-002.kb.ingested", "replay_policy": "instant"}})


def render(address, tenant):
    """A subject of a channel."""
    return re.sub(r"\{\w+\}", "x1", address.replace("{tenant_id}", tenant))


def durable(tenant, channel="kb_ingested"):
    return f"{SERVICE}-{channel}-{tenant}"


def envelope(tenant, document="doc-1"):
    about = {"tenant": tenant} if tenant else {}
    return json.dumps({"causal_id": "evt-00000001", "vector_clock": {}, **about,
                       "payload": {"document_id": document, "facts_extracted": 1}})


MY_SUBJECTS = [render(one["address"], MINE) for one in CHANNELS if one["tenant"]]
FOREIGN = ([render(one["address"], OTHER) for one in CHANNELS] + ["nexus.salon-001.no.such", "nexus.salon-001",
           "nexus.salon-001.kb.ingested.more", "nexus.salon-0011.kb.ingested", "nexus-dlq.salon-002.kb.ingested",
           "nexus-dlq._core.agent.dream", "$SYS.REQ.SERVER.PING", "$JS.EVENT.ADVISORY.API", "_INBOX.someone",
           f"$JS.ACK.NEXUS.{durable(OTHER)}.1.1.1.1.1", f"$JS.ACK.hub.acc.NEXUS.{durable(OTHER)}.1.1.1.1.1.x"])


class Form:
    """What holds in both forms; `shared` is which one it is."""

    options = ()
    maxDiff = None

    def setUp(self):
        self.environment = {f"NEXUS_PASSWORD_{user.replace('-', '_')}": word for user, word in PASSWORDS.items()}
        config = self.config()
        os.environ.update(self.environment)
        self.server = Server(config)
        try:
            self.server.__enter__()
        finally:
            for name in self.environment:
                del os.environ[name]
        self.addCleanup(self.server.__exit__)
        self.url = self.server.url
        self.as_core("provision", "--quiet")
        for tenant in (MINE, OTHER):
            self.as_core("consumers", "create", "kbIngested", "--tenant", tenant, "--service", SERVICE)

    def config(self):
        return run("permissions", "--tenant", MINE, "--tenant", OTHER, "--service", SERVICE, *self.options).stdout

    def as_core(self, *arguments):
        return self.succeed(*arguments, url=self.url, NEXUS_USER="core", NEXUS_PASSWORD=PASSWORDS["core"])

    def login(self, tenant):
        """What a tenant's service has to set; the comments of the configuration say so."""
        return {"user": tenant, "password": PASSWORDS[tenant], **self.settings(tenant)}

    def client(self, tenant, **more):
        client = Client(self.url, SERVICE, **self.login(tenant), **more)
        self.addCleanup(client.close)
        return client

    def core(self, service="core", **more):
        client = Client(self.url, service, user="core", password=PASSWORDS["core"], **more)
        self.addCleanup(client.close)
        return client

    def raw(self, user):
        raw = Raw(self.url, user, PASSWORDS[user])
        self.addCleanup(raw.__exit__)
        return raw

    def inbox(self, tenant):
        return self.settings(tenant).get("inbox_prefix", "_INBOX") + ".raw.1"

    def state(self):
        """All that the core can lose: streams with their configuration and contents, consumers with their places."""
        with self.raw("core") as core:
            streams = [(one["config"], one["state"]["messages"], one["state"]["last_seq"])
                       for one in core.request("$JS.API.STREAM.LIST")["streams"]]
            consumers = [(one["config"], one["delivered"]["stream_seq"], one["ack_floor"]["stream_seq"])
                         for one in core.request("$JS.API.CONSUMER.LIST.NEXUS")["consumers"]]
            return streams, sorted(consumers, key=str)

    # ---- what works

    def test_every_channel_of_its_own_can_be_published(self):
        raw = self.raw(MINE)
        for number, subject in enumerate(MY_SUBJECTS, 1):
            answer = raw.request(subject, envelope(MINE), self.inbox(MINE))
            self.assertEqual((answer["stream"], answer["seq"]), ("NEXUS", number), subject)
        self.assertEqual(raw.errors, [])

    def test_the_sdk_publishes_handles_settles_and_counts(self):
        client, seen = self.client(MINE), []
        letters = []

        def handle(event, delivery):
            seen.append(event.document_id)
            if event.document_id == "bad":
                return REJECT
            if event.document_id == "again" and seen.count("again") == 1:
                return RETRY
            return ACK

        client.subscribe(KbIngested, handle, tenant=MINE, retry_delay=0, on_dead_letter=letters.append)
        for document in ("one", "again", "bad", "last"):
            receipt = client.publish(KbIngested(document_id=document, facts_extracted=1), MINE)
            self.assertEqual(receipt.stream, "NEXUS")
        wait_for(lambda: client.dispatch(0.1) or ("last" in seen and seen.count("again") == 2 and letters),
                 "the events to be handled")
        client.flush()
        self.assertEqual(client.stats()["published"], 4)

        def settled():
            client.dispatch(0.02)
            with self.raw("core") as core:
                info = core.request(f"$JS.API.CONSUMER.INFO.NEXUS.{durable(MINE)}")
                return info["num_ack_pending"] == 0 and info["num_pending"] == 0
        wait_for(settled, "the verdicts to arrive")
        with self.raw("core") as core:
            letter = core.request("$JS.API.STREAM.MSG.GET.NEXUS_DLQ", json.dumps({"seq": 1}))
        self.assertEqual(letter["message"]["subject"], "nexus-dlq.salon-001.kb.ingested")

    def test_the_tool_reads_with_a_name(self):
        login = {"NEXUS_USER": MINE, "NEXUS_PASSWORD": PASSWORDS[MINE],
                 **{f"NEXUS_{name.upper()}": value for name, value in self.settings(MINE).items()}}
        self.succeed("pub", "kbIngested", "--tenant", MINE, '{"document_id":"d","facts_extracted":1}', url=self.url,
                     **login)
        done = self.succeed("sub", "kbIngested", "--tenant", MINE, "--durable", durable(MINE), "--count", "1", "--json",
                            url=self.url, **login)
        self.assertEqual(json.loads(done.stdout)["payload"]["document_id"], "d")
        done = run("pub", "kbIngested", "--tenant", OTHER, '{"document_id":"d","facts_extracted":1}', url=self.url, **login)
        self.assertEqual(done.returncode, 1)
        self.assertIn("forbids", done.stderr)

    # ---- what does not

    def attempts(self):
        """Every subject that is not the tenant's, under every prefix of the API."""
        names = {"mine": durable(MINE), "other": durable(OTHER)}
        yield from FOREIGN
        for prefix, verb in itertools.product(("$JS.API", "$JS.NEXUS-CORE.API"), API):
            yield f"{prefix}.{verb.format(**names)}"

    def prepare(self):
        """Something of everybody's to be harmed."""
        with self.raw("core") as core:
            for tenant, subject in ((OTHER, "nexus.salon-002.kb.ingested"), (MINE, "nexus.salon-001.kb.ingested"),
                                    (None, "nexus._core.agent.dream")):
                self.assertEqual(core.request(subject, envelope(tenant))["stream"], "NEXUS")

    def test_everything_else_is_forbidden_and_changes_nothing(self):
        self.prepare()
        before, raw = self.state(), self.raw(MINE)
        for subject in self.attempts():
            for body in ("", "{}", PUSH, envelope(OTHER)):
                failed = len(raw.errors)
                raw.publish(subject, body, self.inbox(MINE))
                raw.sync()
                self.assertEqual(len(raw.errors), failed + 1, f"{subject} was not refused")
                self.assertIn("permissions violation for publish", raw.errors[-1].lower())
        self.assertEqual(raw.messages, [])
        self.assertEqual(self.state(), before)

    def test_nothing_of_others_can_be_heard(self):
        raw, heard = self.raw(MINE), [">", "*", "nexus.>", "nexus.*.>", "nexus.salon-002.>", "nexus._core.>", "nexus-dlq.>",
                                      "$JS.>", "$SYS.>", "_INBOX.*", "_R_.>", "$JSC.>", "*.*.kb.ingested",
                                      "nexus.salon-001.>", "_INBOX.>", "_INBOX.salon-002.>"]
        for subject in heard:
            raw.subscribe(subject)
            raw.subscribe(subject, "workers")
        raw.sync()
        allowed = {"_INBOX.>", "_INBOX.*", "_INBOX.salon-002.>"} if not self.shared else set()
        self.assertEqual(len(raw.errors), 2 * (len(heard) - len(allowed)), raw.errors)
        self.prepare()
        seen = []
        with self.core("reader") as core, self.client(OTHER) as other:
            core.subscribe(KbIngested, lambda event, delivery: seen.append(1))
            other.subscribe(KbIngested, lambda event, delivery: seen.append(2), tenant=OTHER)
            wait_for(lambda: core.dispatch(0.05) + other.dispatch(0.05) >= 0 and {1, 2} <= set(seen), "both to read")
        raw.sync()
        self.assertEqual(raw.messages, [])

    def test_a_consumer_for_another_server_side_subject_cannot_be_made(self):
        """A push consumer would have the server publish to any subject of the core."""
        raw, before = self.raw(MINE), self.state()
        for verb in ("CONSUMER.DURABLE.CREATE.NEXUS.mine", "CONSUMER.CREATE.NEXUS.mine", "CONSUMER.CREATE.NEXUS"):
            for prefix in ("$JS.API", "$JS.NEXUS-CORE.API"):
                raw.publish(f"{prefix}.{verb}", PUSH, self.inbox(MINE))
        raw.sync()
        self.assertEqual(len(raw.errors), 6)
        self.assertEqual(self.state(), before)

    # ---- answers to somewhere else

    def api(self, verb):
        return self.settings(MINE).get("api_prefix", "$JS.API") + "." + verb

    def aim(self):
        """As the tenant, with another tenant's subject as the one to answer to: all that it may ask."""
        raw, target = self.raw(MINE), "nexus.salon-002.kb.ingested"
        self.assertIn("seq", raw.request("nexus.salon-001.kb.ingested", envelope(OTHER, "forged"), self.inbox(MINE)))
        for subject, body in ((self.api(f"CONSUMER.MSG.NEXT.NEXUS.{durable(MINE)}"), '{"batch":1,"no_wait":true}'),
                              (self.api(f"CONSUMER.INFO.NEXUS.{durable(MINE)}"), ""),
                              (f"$JS.ACK.NEXUS.{durable(MINE)}.1.1.1.1.0", "+NXT"),
                              ("nexus-dlq.salon-001.kb.ingested", "letter"),
                              ("nexus.salon-001.kb.ingested", envelope(OTHER, "forged"))):
            raw.publish(subject, body, target)
        raw.sync()
        self.assertEqual(raw.errors, [])
        self.assertIn("seq", raw.request("nexus.salon-001.kb.ingested", envelope(MINE), self.inbox(MINE)))

    def under_other(self):
        """How many messages the stream has under the other tenant's subjects."""
        with self.raw("core") as core:
            found = core.request("$JS.API.STREAM.INFO.NEXUS", json.dumps({"subjects_filter": "nexus.salon-002.>"}))
            return sum((found["state"].get("subjects") or {}).values())


class Accounts(Form, Offline):
    shared = False

    def settings(self, tenant):
        self.assertIn("# NEXUS_API_PREFIX=$JS.NEXUS-CORE.API\n", self.config())
        return {"api_prefix": "$JS.NEXUS-CORE.API"}

    def test_an_answer_to_somewhere_else_does_not_leave_the_account(self):
        self.aim()
        self.assertEqual(self.under_other(), 0)


class AccountsAlone(Accounts):
    """Without the permissions of the users, to see that the accounts are walls by themselves."""

    def config(self):
        whole = super().config()
        bare = re.sub(r", permissions: \{.*?\n      \} \}", " }", whole, flags=re.S)
        self.assertNotIn("permissions: {", bare)
        return bare

    def test_everything_else_is_forbidden_and_changes_nothing(self):
        """Not forbidden here, and without effect: but for what CVE-2025-30215 is about, where servers before 2.10.27
        let every account purge any other. The permissions of the users, taken away here, are in its way."""
        self.prepare()
        before, raw = self.state(), self.raw(MINE)
        for subject in self.attempts():
            if not subject.startswith("_INBOX") and "ACCOUNT.PURGE" not in subject:
                for body in ("", "{}", PUSH, envelope(OTHER)):
                    raw.publish(subject, body, "_INBOX.raw.2")
        raw.sync()
        self.assertEqual(self.state(), before)

    def test_nothing_of_others_can_be_heard(self):
        raw = self.raw(MINE)
        for subject in (">", "nexus.>", "$JS.>", "_R_.>", "_INBOX.>"):
            raw.subscribe(subject)
        raw.sync()
        self.prepare()
        with self.raw(OTHER) as other:
            other.request("nexus.salon-002.kb.ingested", envelope(OTHER))
            other.request("$JS.NEXUS-CORE.API.CONSUMER.INFO.NEXUS." + durable(OTHER))
        raw.sync()
        self.assertEqual(raw.messages, [])

    test_the_tool_reads_with_a_name = None  # says "forbids", which is the permissions' work
    test_a_consumer_for_another_server_side_subject_cannot_be_made = None


class Shared(Form, Offline):
    shared = True
    options = ("--shared",)

    def settings(self, tenant):
        self.assertIn(f"# NEXUS_INBOX_PREFIX=_INBOX.{tenant}\n", self.config())
        return {"inbox_prefix": f"_INBOX.{tenant}"}

    def receive(self, until, **trust):
        """What a receiver of the other tenant's events makes of what is there: (handled, statistics)."""
        client, handled = self.core("receiver", **trust), []
        client.subscribe(KbIngested, lambda event, delivery: handled.append(event.document_id), tenant=OTHER)
        wait_for(lambda: client.dispatch(0.1) >= 0 and until(handled, client.stats()), "the messages to arrive")
        return handled, client.stats()

    def test_the_servers_answers_under_anothers_subject_are_refused(self):
        self.aim()
        count = wait_for(self.under_other, "an answer in the stream")  # the bypass works, and is why
        handled, statistics = self.receive(lambda handled, statistics: statistics["poison"] == count)
        self.assertEqual(handled, [])

    def test_an_event_of_its_own_under_anothers_subject_is_refused(self):
        with self.raw("core") as core:  # in whatever way it got there
            core.request("nexus.salon-002.kb.ingested", envelope(MINE))
        handled, statistics = self.receive(lambda handled, statistics: statistics["poison"])
        self.assertEqual((handled, statistics["poison_tenant"]), ([], 1))

    def keys(self):
        """A trust store with a key for each tenant."""
        folder = pathlib.Path(self.server.directory)
        store = folder / "trust.json"
        for tenant in (MINE, OTHER):
            self.succeed("keygen", "--kid", tenant, folder / f"{tenant}.jwk")
            more = ("--add", store) if store.exists() else ()
            store_text = self.succeed("jwks", "--subject", f"nexus.{tenant}.>", *more, folder / f"{tenant}.jwk").stdout
            store.write_text(store_text)
        return folder, str(store)

    def test_signatures_hold_what_permissions_do_not(self):
        """A forged event that names the other tenant, and one that was well signed for another subject."""
        folder, store = self.keys()
        self.client(MINE, signer=str(folder / f"{MINE}.jwk")).publish(KbIngested(document_id="mine", facts_extracted=1), MINE)
        self.aim()
        with self.raw("core") as core:
            stored = core.request("$JS.API.STREAM.MSG.GET.NEXUS", json.dumps({"seq": 1}))["message"]
            headers, body = (base64.b64decode(stored[name]).decode() for name in ("hdrs", "data"))
            self.assertIn("Nexus-Signature", headers)
            core.publish("nexus.salon-002.kb.ingested", body, headers=headers.replace("Nats-Msg-Id: s", "Nats-Msg-Id: t"))
            core.publish("nexus.salon-002.kb.ingested", envelope(OTHER, "forged"))
            core.sync()
        other = self.client(OTHER, signer=str(folder / f"{OTHER}.jwk"))
        other.publish(KbIngested(document_id="true", facts_extracted=1), OTHER)
        handled, statistics = self.receive(lambda handled, statistics: "true" in handled, trust=store)
        self.assertEqual(handled, ["true"])
        self.assertEqual(statistics["poison_subject"], 1)
        self.assertEqual(statistics["poison_unsigned"], statistics["poison"] - 1)
        self.assertGreaterEqual(statistics["poison_unsigned"], 1)


class Text(Offline):
    def rules(self, *arguments):
        return json.loads(self.succeed("permissions", *arguments, "--json").stdout)["tenants"][0]

    def test_roles(self):
        rules = self.rules("--tenant", MINE, "--role", "publisher", "--service", SERVICE)
        self.assertEqual(sorted(rules["publish"]), sorted(MY_SUBJECTS))
        self.assertEqual((rules["pull"], rules["acks"]), ([], []))
        rules = self.rules("--tenant", MINE, "--role", "consumer", "--durable", "ledger")
        self.assertEqual(rules["publish"], ["$JS.API.CONSUMER.INFO.NEXUS.ledger", "nexus-dlq.salon-001.>"])
        self.assertEqual(rules["pull"], ["$JS.API.CONSUMER.MSG.NEXT.NEXUS.ledger"])
        core = self.succeed("permissions", "--tenant", MINE, "--role", "core").stdout
        self.assertIn('"NEXUS-CORE": {', core)
        self.assertNotIn("imports", core)

    def test_streams_of_their_own(self):
        rules = self.rules("--tenant", MINE, "--per-tenant", "--service", SERVICE)
        self.assertEqual(rules["stream"], "NEXUS-salon-001")
        self.assertIn("$JS.API.STREAM.INFO.NEXUS-salon-001", rules["publish"])
        self.assertIn(f"$JS.API.CONSUMER.MSG.NEXT.NEXUS-salon-001.{durable(MINE)}", rules["pull"])

    def test_what_is_refused(self):
        for arguments in ([], ["--tenant", "a.b"], ["--tenant", "_core"], ["--tenant", ">"], ["--tenant", "core"],
                          ["--tenant", MINE, "--role", "admin"], ["--tenant", MINE, "--role", "consumer"],
                          ["--tenant", "a-b", "--tenant", "a_b"], ["--tenant", MINE, "--stream", 'X" }'],
                          ["--tenant", MINE, "--service", "a b"], ["--tenant", MINE, "--durable", "*"],
                          ["--tenant", MINE, "--nkey", "UABC"], ["--tenant", MINE, "more"]):
            self.fail_with(2, "permissions", *arguments)
        self.fail_with(1, "permissions", "--tenant", "t" * 63, "--service", "s" * 63)

    def test_an_nkey_instead_of_a_password(self):
        key = "U" + "A" * 55
        said = self.succeed("permissions", "--tenant", MINE, "--nkey", key).stdout
        self.assertIn(f"nkey: {key}", said)
        self.assertNotIn("NEXUS_PASSWORD_salon", said)


if __name__ == "__main__":
    unittest.main()
