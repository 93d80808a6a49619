# SPDX-License-Identifier: Apache-2.0
"""The public headers: each compiles alone in C and in C++, shows no type of a dependency, says since
when each of its items exists, and states the version that the build has."""

import argparse
import re
import subprocess
import sys
import tempfile
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import declarations

STRICT = ["-fsyntax-only", "-Wall", "-Wextra", "-Wshadow", "-Wconversion", "-pedantic", "-Werror"]
C_STANDARDS = ["c99", "c11", "c17"]
CXX_STANDARDS = ["c++11", "c++14", "c++17", "c++20"]
FOREIGN = re.compile(
    r"\b(nats[A-Z_]\w*|js[A-Z_]\w*|cJSON\w*|crypto_\w+|sodium_\w+|sqlite3\w*)\b|#include\s*[<\"](?!nexus/)(?!std)"
)


def compile_alone(job: tuple[str, str, str, Path, Path]) -> str | None:
    """Compiles a file with one #include, twice, so that a missing guard shows."""
    compiler, standard, suffix, include, header = job
    with tempfile.TemporaryDirectory() as folder:
        source = Path(folder) / f"alone{suffix}"
        line = f"#include <nexus/{header.name}>\n"
        source.write_text(line + line + "extern int nothing_else;\n", encoding="utf-8")
        command = [compiler, f"-std={standard}", *STRICT, f"-I{include}", str(source)]
        result = subprocess.run(command, capture_output=True, text=True, check=False)
    if result.returncode != 0:
        return f"{header.name} alone, {compiler} -std={standard}:\n{result.stdout}{result.stderr}"
    return None


def check_compiles(include: Path, headers: list[Path]) -> list[str]:
    jobs = []
    for header in headers:
        for compiler in ("gcc", "clang"):
            jobs += [(compiler, standard, ".c", include, header) for standard in C_STANDARDS]
        for compiler in ("g++", "clang++"):
            jobs += [(compiler, standard, ".cpp", include, header) for standard in CXX_STANDARDS]
    with ThreadPoolExecutor(max_workers=2) as pool:
        return [failure for failure in pool.map(compile_alone, jobs) if failure]


def check_texts(header: Path) -> list[str]:
    failures = []
    lines = header.read_text(encoding="utf-8").splitlines()
    if not lines[0].startswith("/* SPDX-License-Identifier: Apache-2.0"):
        failures.append(f"{header.name}:1: no SPDX line")
    for number, line in enumerate(lines, 1):
        if found := FOREIGN.search(line):
            failures.append(f"{header.name}:{number}: shows a dependency: {found.group(0)}")
    for item in declarations.read(header):
        if not re.search(r"@since \d+\.\d+", item.comment):
            failures.append(f"{header.name}:{item.line}: {item.kind} {item.name} has no @since")
        if item.kind == "function" and not item.text.startswith("NEXUS_API "):
            failures.append(f"{header.name}:{item.line}: {item.name} is not NEXUS_API")
        if not item.name.startswith("nexus_"):
            failures.append(f"{header.name}:{item.line}: {item.name} is not named nexus_…")
    return failures


def check_version(include: Path, version: str) -> list[str]:
    source = (
        "#include <nexus/nexus.h>\n"
        "#define TEXT2(x) #x\n#define TEXT(x) TEXT2(x)\n"
        "NEXUS_VERSION_STRING|NEXUS_VERSION_NUMBER|NEXUS_VERSION_MAJOR|NEXUS_VERSION_MINOR|"
        "NEXUS_VERSION_PATCH\n"
    )
    command = ["gcc", "-E", "-P", f"-I{include}", "-x", "c", "-"]
    text = subprocess.run(command, input=source, capture_output=True, text=True, check=True).stdout
    values = text.strip().splitlines()[-1].split("|")
    parts = version.split(".")
    number = int(parts[0]) * 1000000 + int(parts[1]) * 1000 + int(parts[2])
    failures = []
    if values[0].strip() != f'"{version}"':
        failures.append(f"NEXUS_VERSION_STRING is {values[0]}, the build's version is {version}")
    if eval(values[1], {"__builtins__": {}}) != number:  # pylint: disable=eval-used
        failures.append(f"NEXUS_VERSION_NUMBER is {values[1]}, {number} was expected")
    if [value.strip() for value in values[2:]] != parts:
        failures.append(f"the parts of the version are {values[2:]}, not {parts}")
    return failures


def main() -> int:
    parser = argparse.ArgumentParser()
    parser.add_argument("--include", type=Path, required=True)
    parser.add_argument("--version", required=True)
    parser.add_argument("part", choices=["compile", "texts", "version"])
    arguments = parser.parse_args()
    headers = declarations.public_headers(arguments.include / "nexus")
    if len(headers) < 12:
        print(f"only {len(headers)} headers found in {arguments.include}/nexus")
        return 1
    if arguments.part == "compile":
        failures = check_compiles(arguments.include, headers)
    elif arguments.part == "texts":
        failures = [failure for header in headers for failure in check_texts(header)]
    else:
        failures = check_version(arguments.include, arguments.version)
    print("\n".join(failures) or f"{len(headers)} headers: {arguments.part} ok")
    return 1 if failures else 0


if __name__ == "__main__":
    sys.exit(main())
