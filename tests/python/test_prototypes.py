# SPDX-License-Identifier: Apache-2.0
"""The table of prototypes, the mirrored structs and the codes are those of the headers."""

import ctypes
import os
import re
import subprocess
import unittest

from support import SOURCE, run

from nexus_sdk import _native, _prototypes, _structs, errors

INCLUDE = SOURCE / "include" / "nexus"
CALLBACKS = {"nexus_log_callback": _structs.LOG, "nexus_state_callback": _structs.STATE,
             "nexus_publish_callback": _structs.COMPLETION, "nexus_json_handler": _structs.HANDLER,
             "nexus_subscription_error_callback": _structs.SUBSCRIPTION_ERROR,
             "nexus_poison_callback": _structs.POISON,
             "nexus_difference_callback": _structs.DIFFERENCE,
             "nexus_violation_callback": _structs.VIOLATION,
             "nexus_dead_letter_callback": _structs.DEAD_LETTER,
             "nexus_dead_letter_visit": _structs.DEAD_LETTER_VISIT,
             "nexus_consumer_callback": _structs.CONSUMER,
             "nexus_spool_callback": _structs.SPOOL,
             "nexus_fault_predicate": _structs.PREDICATE}
NUMBERS = {"int": ctypes.c_int, "unsigned": ctypes.c_uint, "bool": ctypes.c_bool,
           "size_t": ctypes.c_size_t, "int64_t": ctypes.c_int64, "uint64_t": ctypes.c_uint64,
           "uint32_t": ctypes.c_uint32, "int32_t": ctypes.c_int32, "double": ctypes.c_double,
           "char": ctypes.c_char, "void": None}
STRUCTS = {"nexus_header": _structs.Header, "nexus_error": _structs.Error, "nexus_receipt": _structs.Receipt,
           "nexus_client_stats": _structs.Stats, "nexus_spool_stats": _structs.SpoolStats,
           "nexus_spool_report": _structs.SpoolReport, "nexus_poison": _structs.Poison,
           "nexus_trust_rule": _structs.TrustRule, "nexus_capability_grant": _structs.Grant,
           "nexus_signed_message": _structs.SignedMessage,
           "nexus_check_result": _structs.CheckResult, "nexus_member": _structs.Member,
           "nexus_test_message": _structs.TestMessage, "nexus_published": _structs.Published,
           "nexus_stream_info": _structs.StreamInfo, "nexus_consumer_info": _structs.ConsumerInfo,
           "nexus_fault": _structs.Fault, "nexus_dead_letter": _structs.DeadLetter,
           "nexus_dead_letter_filter": _structs.DeadLetterFilter}
BYTES = {"nexus_delivery_body", "nexus_prepared_body"}  # not ended by their first NUL
RENAMED = {"from": "start"}  # words of Python
POINTERS = {("nexus_dead_letter", "body"), ("nexus_published", "body"), ("nexus_test_message", "body"), ("nexus_poison", "body")}


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
        self.assertGreater(len(_prototypes.PROTOTYPES), 200)
        for name, (result, parameters) in _prototypes.PROTOTYPES.items():
            with self.subTest(name):
                wanted_result, wanted = declared[name]
                self.assertEqual([as_ctypes(one) for one in wanted], list(parameters))
                if name in BYTES:
                    self.assertIs(ctypes.c_void_p, result)
                else:
                    self.assertIs(as_ctypes(wanted_result), result)

    def test_every_function_is_exported(self):
        library = os.environ["NEXUS_SDK_LIBRARY"]
        names = subprocess.run(["nm", "-D", "--defined-only", library], check=True,
                               capture_output=True, encoding="ascii").stdout
        exported = set(re.findall(r"\bT (nexus_\w+)", names))
        self.assertEqual(set(), set(_prototypes.PROTOTYPES) - exported)

    def test_every_function_is_used_or_left_out_for_a_reason(self):
        typed = set(re.findall(r"nexus_\w+(?=\()", (INCLUDE / "events.h").read_text()))
        known = set(_prototypes.PROTOTYPES) | set(_prototypes.UNUSED)
        self.assertEqual(set(), set(declarations()) - typed - known)
        self.assertEqual(set(), set(_prototypes.PROTOTYPES) & set(_prototypes.UNUSED))
        self.assertEqual(set(), set(_prototypes.UNUSED) - set(declarations()))

    def test_structs_are_those_of_the_headers(self):
        self.assertEqual(512, ctypes.sizeof(_structs.Error))
        text = headers()
        sizes = {name: int(value) for name, value in
                 re.findall(r"#define (NEXUS_\w+_SIZE)\s+(\d+)", text)}
        for name, struct in STRUCTS.items():
            body = re.search(r"struct %s \{(.*?)\};" % name, text, re.S).group(1)
            members = []
            for declared in body.split(";")[:-1]:
                kind, member, length = re.fullmatch(
                    r"(.*?)(\w+)(?:\[(.+)\])?", " ".join(declared.split())).groups()
                plain = (ctypes.c_char_p if (name, member) == ("nexus_signed_message", "body")
                         else ctypes.c_void_p if (name, member) in POINTERS or "void *" in kind
                         else ctypes.POINTER(ctypes.c_char_p) if "*const" in kind
                         else as_ctypes(kind.strip()))
                count = length and (sizes.get(length) or {"NEXUS_KEY_ID_MAX + 1": 129}[length])
                members.append((RENAMED.get(member, member), plain * count if count else plain))
            found = [(field[0], field[1]) for field in struct._fields_]
            self.assertEqual([(m, self.shape(t)) for m, t in members],
                             [(m, self.shape(t)) for m, t in found], name)

    @staticmethod
    def shape(kind):
        return (kind._length_, kind._type_) if hasattr(kind, "_length_") else kind

    def test_the_json_event_begins_so(self):
        body = re.search(r"struct nexus_json_event \{(.*?)\};", headers(), re.S).group(1)
        names = re.findall(r"(\w+);", body)
        self.assertEqual([field[0] for field in _structs.JsonEvent._fields_], names[:3])

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
