# SPDX-License-Identifier: Apache-2.0
"""The generator's whole output for a small contract, and for the same contract grown, against files
that people have read. `test_golden.py --update` rewrites them; read the difference before it is
committed."""

import pathlib
import sys
import unittest

from support import HERE, Tree, compile_c, run, C_WARNINGS, WARNINGS

STAGES = ("contract", "grown")


def golden(stage, path):
    return HERE / "golden" / stage / pathlib.PurePath(path).name.replace("events.c", "functions.c")


def generated(test):
    """{stage: {path: text}}: the second stage starts from the lock of the first, in library 1.1."""
    tree = Tree(test)
    stages = {}
    for minor, stage in enumerate(STAGES):
        tree.set_version(minor)
        stages[stage] = tree.generate(HERE / "golden" / f"{stage}.yaml")
    return stages, tree


class Golden(unittest.TestCase):
    maxDiff = None

    def test_output_is_the_one_on_record(self):
        stages, _ = generated(self)
        for stage, files in stages.items():
            for path, text in files.items():
                with self.subTest(stage=stage, path=path):
                    self.assertEqual(golden(stage, path).read_text(encoding="utf-8"), text)

    def test_no_golden_file_is_left_over(self):
        stages, _ = generated(self)
        for stage, files in stages.items():
            self.assertEqual(sorted(path.name for path in (HERE / "golden" / stage).iterdir()),
                             sorted(golden(stage, path).name for path in files))

    def test_output_compiles_without_warnings(self):
        _, tree = generated(self)
        include = ["-I", tree.root / "include"]
        for compiler in ("gcc", "clang"):
            for path in ("lib/generated/channels.c", "lib/generated/events.c"):
                compile_c(self, tree.root / path, "-std=c11", *include, compiler=compiler)

    def test_header_is_sound_in_every_language(self):
        stages, tree = generated(self)
        source = tree.root / "try.c"
        macros = [line.split()[1] for line in stages["grown"]["include/nexus/events.h"].split("\n")
                  if line.startswith("#define") and "_INIT" in line]
        body = "#include <nexus/events.h>\n"
        for macro in macros:
            name = macro[:-len("_INIT")].lower()
            body += (f"struct {name} make_{name}(void);\nstruct {name} make_{name}(void)\n"
                     f"{{\n    struct {name} event = {macro};\n    return event;\n}}\n")
        source.write_text(body, encoding="utf-8")
        self.assertEqual(len(macros), 4)
        for compiler in ("gcc", "clang"):
            for standard in ("c99", "c11", "c17"):
                compile_c(self, source, f"-std={standard}", "-pedantic", "-I",
                          tree.root / "include", compiler=compiler)
        # g++ sees a constructor hidden wherever a function has the name of a struct.
        flags = [flag for flag in WARNINGS if flag != "-Wshadow"]
        for compiler in ("g++", "clang++"):
            for standard in ("c++11", "c++17", "c++20"):
                run(self, compiler, *flags, "-fsyntax-only", f"-std={standard}", "-pedantic",
                    "-x", "c++", "-I", tree.root / "include", source)

    def test_an_appended_member_lies_beyond_the_older_struct(self):
        """On 32-bit machines too, where the older struct ends in padding."""
        stages, tree = generated(self)
        older = stages["contract"]["include/nexus/events.h"]
        text = stages["grown"]["include/nexus/events.h"]
        struct = older[older.index("struct nexus_door_opened {"):]
        struct = struct[:struct.index("};") + 2].replace("nexus_door_opened {", "older {")
        source = tree.root / "layout.c"
        source.write_text("#include <nexus/events.h>\n" + struct + """
_Static_assert(offsetof(struct nexus_door_opened, has_floor) >= sizeof(struct older), "floor");
_Static_assert(offsetof(struct nexus_door_opened, opener) >= sizeof(struct older), "opener");
_Static_assert(offsetof(struct nexus_door_opened, self) == offsetof(struct older, self), "self");
_Static_assert(offsetof(struct nexus_door_opened, size_) == offsetof(struct older, size_), "size");
""", encoding="utf-8")
        self.assertIn("NEXUS_EXTENSION", text)
        for target in ("x86_64-linux-gnu", "arm-linux-gnueabihf", "i686-linux-gnu",
                       "aarch64-linux-gnu", "riscv32-linux-gnu"):
            run(self, "clang", f"--target={target}", "-ffreestanding", "-nostdinc", "-isystem",
                run(self, "clang", "-print-resource-dir").strip() + "/include", "-std=c11",
                *C_WARNINGS, "-fsyntax-only", "-I", tree.root / "include", source)


def update():
    class Quiet(unittest.TestCase):
        def runTest(self):
            stages, _ = generated(self)
            for stage, files in stages.items():
                for path, text in files.items():
                    golden(stage, path).parent.mkdir(exist_ok=True)
                    golden(stage, path).write_text(text, encoding="utf-8")
    result = unittest.TextTestRunner().run(Quiet())
    sys.exit(not result.wasSuccessful())


if __name__ == "__main__":
    update() if sys.argv[1:] == ["--update"] else unittest.main()
