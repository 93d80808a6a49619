# SPDX-License-Identifier: Apache-2.0
"""The table of prototypes, the mirrored structs and the codes are those of the headers."""

import ctypes
import os
import re
import subprocess
import unittest

from support import SOURCE, run

from nexus_sdk import _native, errors

INCLUDE = SOURCE / "include" / "nexus"
CALLBACKS = {"nexus_log_callback": _native.LOG, "nexus_state_callback": _native.STATE,
             "nexus_publish_callback": _native.COMPLETION, "nexus_json_handler": _native.HANDLER,
             "nexus_subscription_error_callback": _native.SUBSCRIPTION_ERROR}
NUMBERS = {"int": ctypes.c_int, "unsigned": ctypes.c_uint, "bool": ctypes.c_bool,
           "size_t": ctypes.c_size_t, "int64_t": ctypes.c_int64, "uint64_t": ctypes.c_uint64,
           "uint32_t": ctypes.c_uint32, "void": None}
STRUCTS = {"nexus_error": _native.Error, "nexus_receipt": _native.Receipt,
           "nexus_client_stats": _native.Stats}


def headers():
    text = "\n".join(path.read_text() for path in sorted(INCLUDE.glob("*.h")))
    return re.sub(r"/\*.*?\*/", " ", text, flags=re.S)


def declarations():
    """The C declarations by name: what is returned, and the parameters' types."""
    found = {}
    for match in re.finditer(r"NEXUS_API\s+(?:NEXUS_MUST_CHECK\s+)?([^;{}()]*?)(nexus_\w+)\(([^;]*)\);",
                             headers()):
        result, name, parameters = match.groups()
        types = [re.sub(r"\w+$", "", " ".join(one.split())).strip() for one in parameters.split(",")]
        found[name] = (result, [] if parameters.strip() == "void" else types)
    return found


def as_ctypes(declared):
    """Whether a type of C may be this one of ctypes: what the table has to say for it."""
    declared = declared.replace("const ", "").strip()
    if declared in CALLBACKS:
        return CALLBACKS[declared]
    if declared.startswith("enum ") and not declared.endswith("*"):
        return ctypes.c_int
    if declared.replace(" ", "") == "char*":
        return ctypes.c_char_p
    if declared.endswith("**") or declared.endswith("* *"):
        return ctypes.POINTER(ctypes.c_void_p)
    if declared.endswith("*"):
        inner = declared[:-1].strip()
        struct = STRUCTS.get(inner.replace("struct ", ""))
        if struct:
            return ctypes.POINTER(struct)
        if inner.startswith("struct ") or inner == "void":
            return ctypes.c_void_p
        return ctypes.POINTER(as_ctypes(inner))
    return NUMBERS[declared]


class Prototypes(unittest.TestCase):

    def test_every_function_is_declared_so(self):
        declared = declarations()
        self.assertGreater(len(declared), 100)
        self.assertGreater(len(_native.PROTOTYPES), 90)
        for name, (result, parameters) in _native.PROTOTYPES.items():
            with self.subTest(name):
                wanted_result, wanted = declared[name]
                self.assertEqual([as_ctypes(one) for one in wanted], list(parameters))
                if name == "nexus_delivery_body":  # not ended by its first NUL
                    self.assertIs(ctypes.c_void_p, result)
                else:
                    self.assertIs(as_ctypes(wanted_result), result)

    def test_every_function_is_exported(self):
        library = os.environ["NEXUS_SDK_LIBRARY"]
        names = subprocess.run(["nm", "-D", "--defined-only", library], check=True,
                               capture_output=True, encoding="ascii").stdout
        exported = set(re.findall(r"\bT (nexus_\w+)", names))
        self.assertEqual(set(), set(_native.PROTOTYPES) - exported)

    def test_every_client_option_can_be_set(self):
        setters = {name for name in declarations() if name.startswith("nexus_client_options_set_")}
        self.assertGreater(len(setters), 20)
        self.assertEqual(set(), setters - set(_native.PROTOTYPES))

    def test_structs_are_those_of_the_headers(self):
        self.assertEqual(512, ctypes.sizeof(_native.Error))
        text = headers()
        sizes = dict(re.findall(r"#define (NEXUS_\w+_SIZE)\s+(\d+)", text))
        for name, struct in STRUCTS.items():
            body = re.search(r"struct %s \{(.*?)\};" % name, text, re.S).group(1)
            members = []
            for kind, member, length in re.findall(r"(\w+) (\w+)(?:\[(\w+)\])?;", body):
                plain = {"char": ctypes.c_char, "int32_t": ctypes.c_int32}.get(kind) or NUMBERS[kind]
                members.append((member, plain * int(sizes[length]) if length else plain))
            self.assertEqual(members, [(field[0], field[1]) for field in struct._fields_], name)

    def test_the_json_event_begins_so(self):
        body = re.search(r"struct nexus_json_event \{(.*?)\};", headers(), re.S).group(1)
        names = re.findall(r"(\w+);", body)
        self.assertEqual([field[0] for field in _native.JsonEvent._fields_], names[:3])

    def test_codes_are_those_of_the_header(self):
        found = {int(number): name for name, number in
                 re.findall(r"(NEXUS_E_\w+) = (-\d+)", (INCLUDE / "error.h").read_text())}
        self.assertGreater(len(found), 20)
        self.assertEqual(found, {code: kind.status_name for code, kind in errors.CODES.items()})
        for code, kind in errors.CODES.items():
            self.assertEqual(_native.lib.nexus_status_name(code).decode(), kind.status_name)
            self.assertIsInstance(errors.from_code(code, "m"), errors.NexusError)
        self.assertEqual(-999, errors.from_code(-999, "m").code)


class Loading(unittest.TestCase):

    def imported(self, library):
        return run("import nexus_sdk", env={**os.environ, "NEXUS_SDK_LIBRARY": library})

    def test_a_missing_library_says_what_to_install(self):
        result = self.imported("/nowhere/libnexus-sdk.so.1")
        self.assertEqual(1, result.returncode)
        self.assertRegex(result.stderr, "ImportError: .*libnexus-sdk1")

    def test_another_library_says_what_to_install(self):
        result = self.imported("libc.so.6")
        self.assertRegex(result.stderr, "ImportError: libc.so.6 is not the library .*libnexus-sdk1")


if __name__ == "__main__":
    unittest.main()
