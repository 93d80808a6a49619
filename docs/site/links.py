# SPDX-License-Identifier: Apache-2.0
"""Finds the links of a finished site that lead nowhere: to no file, or to no place in it."""

import posixpath
from html.parser import HTMLParser
from pathlib import Path


class Reader(HTMLParser):
    """The links of one page, and the places in it."""

    def __init__(self) -> None:
        super().__init__()
        self.links: list[str] = []
        self.places: set[str] = set()

    def handle_starttag(self, tag: str, attrs: list) -> None:
        values = dict(attrs)
        if "id" in values:
            self.places.add(values["id"])
        for name in ("href", "src"):
            if name in values:
                self.links.append(values[name])


def read(folder: Path) -> dict[str, Reader]:
    pages = {}
    for path in folder.rglob("*.html"):
        reader = Reader()
        reader.feed(path.read_text(encoding="utf-8"))
        pages[path.relative_to(folder).as_posix()] = reader
    return pages


def dead(folder: Path) -> list[str]:
    """`page: link` of each; links to other hosts are not followed."""
    pages, found = read(folder), []
    for name, reader in sorted(pages.items()):
        for link in reader.links:
            if "://" in link or link.startswith("mailto:"):
                continue
            path, _, place = link.partition("#")
            target = posixpath.normpath(posixpath.join(posixpath.dirname(name), path)) if path else name
            if not (folder / target).is_file() or (place and place not in pages[target].places):
                found.append(f"{name}: {link} leads nowhere")
    return found
