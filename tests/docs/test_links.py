# SPDX-License-Identifier: Apache-2.0
"""The site's check of its links must find dead ones, and no others."""

import sys
import tempfile
import unittest
from pathlib import Path

sys.path.insert(0, str(Path(sys.argv.pop()) / "docs" / "site"))
import links  # noqa: E402  pylint: disable=wrong-import-position


class Links(unittest.TestCase):
    def check(self, **pages: str) -> list[str]:
        with tempfile.TemporaryDirectory() as folder:
            for name, text in pages.items():
                (Path(folder) / f"{name}.html").write_text(text, encoding="utf-8")
            return links.dead(Path(folder))

    def test_living_ones(self):
        one = '<h1 id="a">x</h1><a href="two.html#b">2</a><a href="#a">1</a><a href="https://example.com/">3</a>'
        self.assertEqual(self.check(one=one, two='<p id="b"><a href="one.html">1</a>'), [])

    def test_dead_ones(self):
        for link in ("three.html", "one.html#z", "#z", "sub/one.html"):
            page = f'<h1 id="a">x</h1><a href="{link}">dead</a>'
            self.assertEqual(self.check(one=page), [f"one.html: {link} leads nowhere"])

    def test_pictures_are_links(self):
        self.assertEqual(self.check(one='<img src="x.svg" alt="">'), ["one.html: x.svg leads nowhere"])


if __name__ == "__main__":
    unittest.main()
