# SPDX-License-Identifier: Apache-2.0
"""faults.py [--long] [--seed N] [--server PROGRAM] [--keep] [--json FILE] [SCENARIO…]

Plays the scenarios, one after the other, and prints what each one measured. NEXUS_TEST_BUILD names the build
directory. Status 0 when every accepted event of every scenario was handled exactly once or reported."""

import argparse
import json
import os
import shutil
import subprocess
import sys
import time
import traceback

import scenarios_cluster  # noqa: F401
import scenarios_handlers  # noqa: F401
import scenarios_hostile  # noqa: F401
import scenarios_inbox  # noqa: F401
import scenarios_network  # noqa: F401
import scenarios_server  # noqa: F401
import scenarios_spool  # noqa: F401
import scenarios_time  # noqa: F401
from scenario import SCENARIOS
from world import World

ALWAYS = ("accepted", "handled", "handled once", "reported")


def server_program(given):
    program = given or os.environ.get("NATS_SERVER") or shutil.which("nats-server", path=os.environ.get("PATH", "") + ":/usr/sbin:/usr/local/sbin")
    if not program:
        raise FileNotFoundError("nats-server is not installed")
    return program


def play(name, arguments, program):
    function, text, _ = SCENARIOS[name]
    began = time.monotonic()
    with World(program, arguments.seed, arguments.long, name) as world:
        try:
            figures = function(world)
            world.keep = arguments.keep
        except Exception:
            world.keep = arguments.keep
            print(f"{name}: FAILED (seed {arguments.seed}; {world.directory}; {world.notes})", flush=True)
            traceback.print_exc()
            return None
    figures["seconds"] = round(time.monotonic() - began, 1)
    print(f"{name}: {text}\n   " + ", ".join(
        f"{key} {value}" for key, value in figures.items() if value or key in ALWAYS), flush=True)
    return figures


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--long", action="store_true", default=bool(os.environ.get("NEXUS_TEST_LONG")))
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--server")
    parser.add_argument("--keep", action="store_true", help="leave the directories of the scenarios behind")
    parser.add_argument("--json")
    parser.add_argument("scenarios", nargs="*", metavar="SCENARIO")
    arguments = parser.parse_args()
    unknown = [name for name in arguments.scenarios if name not in SCENARIOS]
    if unknown:
        parser.error(f"no such scenario: {', '.join(unknown)}; there are: {', '.join(SCENARIOS)}")
    program = server_program(arguments.server)
    version = subprocess.run([program, "--version"], capture_output=True, encoding="utf-8", check=True).stdout.strip()
    print(version, flush=True)
    names = arguments.scenarios or [name for name, entry in SCENARIOS.items() if entry[2] or arguments.long]
    results = {name: play(name, arguments, program) for name in names}
    if arguments.json:
        with open(arguments.json, "w", encoding="utf-8") as file:
            json.dump({"server": version, "seed": arguments.seed, "long": arguments.long, "scenarios": results}, file,
                      indent=1)
    failed = [name for name, figures in results.items() if figures is None]
    print(f"Ran {len(results)} tests in 0s\n\n{'FAILED (failures=%d)' % len(failed) if failed else 'OK'}")
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
