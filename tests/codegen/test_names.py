# SPDX-License-Identifier: Apache-2.0
"""How names become names, and text becomes text."""

import ast
import unittest

from support import Tree, compile_c, run, small_contract
import names
import text


class Names(unittest.TestCase):
    def test_channels(self):
        for key, snake, pascal in (("bookingCreated", "booking_created", "BookingCreated"),
                                   ("iotSensorData", "iot_sensor_data", "IotSensorData"),
                                   ("uiRenderRequest", "ui_render_request", "UiRenderRequest"),
                                   ("POSReceipt", "pos_receipt", "PosReceipt"),
                                   ("kbIngestedV2", "kb_ingested_v2", "KbIngestedV2"),
                                   ("exception", "exception", "Exception_"),
                                   ("already_snake", "already_snake", "AlreadySnake")):
            self.assertEqual((names.snake(key), names.pascal(key)), (snake, pascal))

    def test_members(self):
        for name, in_c, in_python in (("from", "from", "from_"), ("class", "class_", "class_"),
                                      ("template", "template_", "template"),
                                      ("int", "int_", "int"), ("size", "size_", "size"),
                                      ("json", "json_", "json"), ("self", "self", "self_"),
                                      ("linux", "linux_", "linux"), ("door-no", "door_no", "door_no"),
                                      ("extra", "extra", "extra_"), ("CHANNEL", "CHANNEL",
                                                                     "CHANNEL_"),
                                      ("to_payload", "to_payload", "to_payload_")):
            self.assertEqual((names.c_member(name), names.python_member(name)), (in_c, in_python))

    def test_constants(self):
        for value, constant in (("half-open", "HALF_OPEN"), ("1c", "1C"), (" a  b ", "A_B"),
                                ("what??", "WHAT")):
            self.assertEqual(names.constant(value, 1), constant)

    def test_every_reserved_word_can_be_a_member(self):
        """Proven by the compilers, not by the list."""
        words = sorted(word for word in names.STRUCT_RESERVED | names.PYTHON_RESERVED
                       if names.MEMBER_NAME.match(word))
        payload = "\n".join(f'"{word}": {{ type: integer }}' for word in words)
        tree = Tree(self)
        files = tree.generate_text(small_contract(payload))
        source = tree.root / "try.c"
        source.write_text("#include <errno.h>\n#include <stdio.h>\n#include <assert.h>\n"
                          "#include <nexus/events.h>\n", encoding="utf-8")
        include = ["-I", tree.root / "include"]
        compile_c(self, source, "-std=gnu11", *include)
        compile_c(self, tree.root / "lib/generated/channels.c", "-std=gnu17", *include)
        for standard in ("gnu++11", "gnu++20"):
            run(self, "g++", "-fsyntax-only", f"-std={standard}", "-x", "c++", *include, source)
        ast.parse(files["bindings/python/nexus_sdk/events.py"])

    def test_parameters_avoid_the_functions_own_arguments(self):
        tree = Tree(self)
        files = tree.generate_text(small_contract(
            "id: { type: string }", address="nexus.{tenant_id}.{event}.{data}",
            parameters=("tenant_id", "event", "data")))
        self.assertIn("const char *event_", files["include/nexus/events.h"])
        for path in ("channels.c", "events.c"):
            compile_c(self, tree.root / "lib/generated" / path, "-std=c11", "-I",
                      tree.root / "include")


class Text(unittest.TestCase):
    def test_c_string(self):
        self.assertEqual(text.c_string('a"b\\c'), '"a\\"b\\\\c"')
        self.assertEqual(text.c_string("é1"), '"\\303\\2511"')
        self.assertEqual(text.c_string("a\nb"), '"a\\012b"')
        self.assertEqual(text.c_string("what??/"), '"what?\\?/"')

    def test_c_comment(self):
        self.assertEqual(text.c_comment("a */ b /* c\n d"), "a * / b / * c d")
        self.assertNotIn("*/", text.c_comment("**//*/"))

    def test_python(self):
        for value in ('"""', "\\", "a\\N", '"', "ü'"):
            tree = ast.parse(f'"""{text.python_doc(value)}\n"""')
            self.assertEqual(ast.get_docstring(tree), value)
            self.assertEqual(ast.literal_eval(text.python_string(value)), value)

    def test_markdown(self):
        self.assertEqual(text.markdown("a|b <c> `d` *e* snake_case _f_ &amp; x & y"),
                         "a\\|b \\<c\\> \\`d\\` \\*e\\* snake_case \\_f\\_ &amp;amp; x & y")
        self.assertEqual(text.markdown("# no heading"), "\\# no heading")
        self.assertEqual(text.markdown_code("a`b"), "``a`b``")
        self.assertEqual(text.markdown_code("a|b", True), "`a\\|b`")

    def test_shell(self):
        for value in ("it's", "$HOME `id`", 'a"b\\', "x\ny"):
            self.assertEqual(run(self, "sh", "-c", f"printf %s {text.shell(value)}"), value)


if __name__ == "__main__":
    unittest.main()
