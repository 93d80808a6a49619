# SPDX-License-Identifier: Apache-2.0
"""The wheel and the sdist build without a network, install, and work: with the fixtures of pytest
found by themselves, and with the types where mypy looks for them."""

import os
import pathlib
import re
import shutil
import subprocess
import sys
import tarfile
import tempfile
import textwrap
import unittest
import zipfile

from support import SOURCE

PACKAGE = SOURCE / "bindings" / "python"
OFFLINE = {"PIP_NO_INDEX": "1", "PIP_DISABLE_PIP_VERSION_CHECK": "1", "PIP_NO_INPUT": "1"}

USER = '''
    import asyncio
    from typing import Optional

    from nexus_sdk import ACK, Client, Delivery, NexusError, Receipt, Reject, Retry, Verdict, aio
    from nexus_sdk.events import AgentSelfEvolution, BookingCreated, PiiMasked
    from nexus_sdk.keys import Signer, Trust
    from nexus_sdk.testing import Bus, TestEvent

    client = Client("memory:", service="crm", signer=Signer.generate(), trust=Trust())


    @client.on(BookingCreated, tenant="salon-001", max_deliver=3, backoff=[1, 2.5])
    def booked(event: BookingCreated, delivery: Delivery) -> Optional[Verdict]:
        name = event.extra.get("name")
        return Retry(delay=1.5) if name is None else Reject("why")


    @client.on(PiiMasked)
    def masked(event: PiiMasked, delivery: Delivery) -> None:
        before: Optional[int] = event.token_count_before
        print(before, delivery.causal_id.upper())


    def send() -> str:
        try:
            receipt: Receipt = client.publish(PiiMasked(fields_masked=["phone"]), "salon-001")
            client.publish_pii_masked(PiiMasked(token_count_before=3), "salon-001", wait=False)
            client.publish(AgentSelfEvolution(result="accepted", gates_passed=[1]))
        except NexusError as error:
            return f"{error.where} {error.retriable}"
        return receipt.stream


    async def main() -> None:
        async with aio.Client(url="memory:") as there:
            await there.publish_pii_masked(PiiMasked(), "salon-001")
            async for delivery in there.events(PiiMasked, tenant="salon-001"):
                masked_fields = delivery.event.fields_masked
                if masked_fields is not None:
                    print(masked_fields[0].upper())
                delivery.settle(ACK)

            @there.on(BookingCreated, "salon-001", concurrency=4)
            async def handle(event: BookingCreated, delivery: aio.Delivery[BookingCreated]) -> None:
                print(delivery.event.extra)


    def test(nexus_bus: Bus) -> None:
        nexus_bus.put(TestEvent(BookingCreated(), "salon-001").tenant(None))


    asyncio.run(main())
'''

WRONG = '''
    from nexus_sdk import Client, Delivery, aio
    from nexus_sdk.events import AgentSelfEvolution, BookingCreated, PiiMasked
    client = Client("memory:")
    PiiMasked(token_count_before="3")  # E
    PiiMasked(None)  # E
    AgentSelfEvolution(result="maybe")  # E
    client.publish_pii_masked(BookingCreated(), "salon-001")  # E
    client.publish_pii_masked(PiiMasked())  # E
    client.publish("bookingCreated", "salon-001")  # E
    client.subscribe(PiiMasked, len)  # E
    client.publish(PiiMasked(), "salon-001").sequenze  # E
    @client.on(PiiMasked)  # E
    def masked(event: BookingCreated, delivery: Delivery) -> None: ...
    PiiMasked().token_count_before + 1  # E
    Client(servce="crm")  # E
'''


class Package(unittest.TestCase):

    def setUp(self):
        directory = tempfile.TemporaryDirectory()
        self.addCleanup(directory.cleanup)
        self.work = pathlib.Path(directory.name)
        shutil.copytree(PACKAGE, self.work / "source",
                        ignore=shutil.ignore_patterns("__pycache__", "build", "*.egg-info"))

    def run_python(self, *arguments, cwd=None, code=0, **environment):
        """A fresh interpreter that knows nothing of the source tree."""
        inherited = {name: value for name, value in os.environ.items() if name != "PYTHONPATH"}
        done = subprocess.run([sys.executable, "-B", *map(str, arguments)], cwd=cwd or self.work,
                              env={**inherited, **OFFLINE, **environment}, stdout=subprocess.PIPE,
                              stderr=subprocess.STDOUT, encoding="utf-8")
        self.assertEqual(code, done.returncode, done.stdout)
        return done.stdout

    def build(self, what):
        self.run_python("-c", f"import setuptools.build_meta as b; b.build_{what}('../dist')",
                        cwd=self.work / "source")
        built, = (self.work / "dist").glob("*.whl" if what == "wheel" else "*.tar.gz")
        return built

    def install(self, thing, target):
        self.run_python("-m", "pip", "install", "--quiet", "--no-build-isolation", "--no-deps",
                        "--target", target, thing)
        return str(target)

    def test_the_wheel_works(self):
        wheel = self.build("wheel")
        names = zipfile.ZipFile(wheel).namelist()
        wanted = {f"nexus_sdk/{path.name}" for path in (PACKAGE / "nexus_sdk").glob("*.py")}
        self.assertEqual(set(), (wanted | {"nexus_sdk/py.typed"}) - set(names))
        site = self.install(wheel, self.work / "site")
        self.assertIn(site, self.run_python("-c", "import nexus_sdk; print(nexus_sdk.__file__)",
                                            PYTHONPATH=site))
        output = self.run_python(PACKAGE / "examples" / "walkthrough.py", PYTHONPATH=site)
        self.assertTrue(output.endswith("done\n"), output)
        # The plugin is found by its entry point.
        output = self.run_python("-m", "pytest", "-q", "-p", "no:cacheprovider",
                                 PACKAGE / "examples" / "test_reminders.py", PYTHONPATH=site)
        self.assertIn("4 passed", output)
        self.check_types(site)

    def test_the_sdist_works(self):
        sdist = self.build("sdist")
        names = {name.partition("/")[2] for name in tarfile.open(sdist).getnames()}
        self.assertLessEqual({"pyproject.toml", "README.md", "nexus_sdk/py.typed",
                              "nexus_sdk/aio.py", "examples/publisher.py"}, names)
        site = self.install(sdist, self.work / "site")
        self.run_python("-c", "import nexus_sdk.aio, nexus_sdk.testing; nexus_sdk.Client('memory:')."
                        "close()", PYTHONPATH=site)

    def test_meson_installs_all_of_it(self):
        listed = re.findall(r"'(nexus_sdk/[\w.]+)'", (PACKAGE / "meson.build").read_text())
        there = [f"nexus_sdk/{path.name}" for path in (PACKAGE / "nexus_sdk").iterdir()
                 if path.is_file()]
        self.assertEqual(sorted(there), sorted(listed))

    def mypy(self, site, text, code):
        (self.work / "user.py").write_text(textwrap.dedent(text))
        return self.run_python("-m", "mypy", "--strict", "--cache-dir", self.work / "cache",
                               "user.py", code=code, MYPYPATH=site)

    def check_types(self, site):
        """mypy --strict passes what is right, and finds each line that is wrong."""
        self.mypy(site, USER, 0)
        output = self.mypy(site, WRONG, 1)
        lines = textwrap.dedent(WRONG).splitlines()
        found = {int(line.split(":")[1]) for line in output.splitlines() if ": error:" in line}
        self.assertEqual({n for n, line in enumerate(lines, 1) if "# E" in line}, found, output)
        self.run_python("-m", "mypy", "--strict", "--cache-dir", self.work / "cache",
                        PACKAGE / "nexus_sdk")


if __name__ == "__main__":
    unittest.main()
