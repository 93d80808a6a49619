# SPDX-License-Identifier: Apache-2.0
"""build.py SOURCE OUTPUT: the documentation as a site, from the Markdown files as they are. Needs
python3-markdown and python3-pygments, and no network. Fails on a link that leads nowhere."""

import html
import posixpath
import re
import shutil
import sys
from pathlib import Path

import markdown
from pygments import highlight
from pygments.formatters import HtmlFormatter  # pylint: disable=no-name-in-module
from pygments.lexers import TextLexer, get_lexer_for_filename  # pylint: disable=no-name-in-module
from pygments.util import ClassNotFound

import links
from pages import SECTIONS

HERE = Path(__file__).resolve().parent
REFERENCE = re.compile(r'(href|src)="([^"]+)"')


class Page:
    """One file of the sources, and where it goes."""

    def __init__(self, source: str, text: str):
        self.source, self.text = source, text
        found = re.search(r"^# (.+)$", text, re.M)
        self.title = re.sub(r"[`*]", "", found.group(1)) if found else Path(source).stem
        self.target = target_of(source)


def target_of(source: str) -> str:
    """README.md -> index.html, docs/x.md -> x.html, lib/y.c -> source/lib/y.c.html"""
    if source == "README.md":
        return "index.html"
    if source == "bindings/python/README.md":
        return "python.html"
    if source.endswith(".md"):
        return source.removeprefix("docs/").removesuffix(".md") + ".html"
    if source.startswith("docs/diagrams/"):
        return source.removeprefix("docs/")
    return f"source/{source}.html"


def slug(value: str, _separator: str) -> str:
    """Anchors as they are where the Markdown is read unrendered."""
    return re.sub(r"[^\w\- ]", "", value.lower()).replace(" ", "-")


def convert(text: str) -> str:
    return markdown.markdown(
        re.sub(r"<!--.*?-->", "", text, flags=re.S),
        extensions=["tables", "fenced_code", "codehilite", "toc", "sane_lists"],
        extension_configs={"codehilite": {"guess_lang": False}, "toc": {"slugify": slug, "permalink": "#"}},
    )


def collect(root: Path) -> list[tuple[str, list[Page]]]:
    listed = [source for _, sources in SECTIONS for source in sources]
    sections = [(name, list(sources)) for name, sources in SECTIONS]
    others = [str(path.relative_to(root)) for path in sorted(root.glob("docs/*.md"))]
    sections.insert(-1, ("More", [source for source in others if source not in listed]))
    sections.append(("Decisions", [str(path.relative_to(root)) for path in sorted(root.glob("docs/adr/*.md"))]))
    return [
        (name, [Page(source, (root / source).read_text(encoding="utf-8"))
                for source in sources if (root / source).exists()])
        for name, sources in sections
        if any((root / source).exists() for source in sources)
    ]


class Site:
    def __init__(self, root: Path, output: Path):
        self.root, self.output = root, output
        self.sections = collect(root)
        self.template = (HERE / "page.html").read_text(encoding="utf-8")
        self.listed = {page.source for _, pages in self.sections for page in pages}
        self.wanted: dict[str, str] = {}  # files that pages link to: source -> target

    def link(self, page_source: str, page_target: str, reference: str) -> str:
        """Where a link of a source file leads on the site."""
        if re.match(r"[a-z]+:|#", reference):
            return reference
        path, _, anchor = reference.partition("#")
        source = posixpath.normpath(posixpath.join(posixpath.dirname(page_source), path))
        if (self.root / source).is_dir():
            source = posixpath.join(source, "README.md") if (self.root / source / "README.md").exists() else source
        if not (self.root / source).exists():
            raise SystemExit(f"{page_source}: {reference} leads nowhere")
        target = target_of(source)
        if source not in self.listed:
            self.wanted[source] = target
        relative = posixpath.relpath(target, posixpath.dirname(page_target) or ".")
        return relative + (f"#{anchor}" if anchor else "")

    def navigation(self, current: str) -> str:
        lines = []
        for name, pages in self.sections:
            lines.append(f"<h2>{name}</h2><ul>")
            for page in pages:
                here = ' aria-current="page"' if page.target == current else ""
                at = posixpath.relpath(page.target, posixpath.dirname(current) or ".")
                lines.append(f'<li><a href="{at}"{here}>{html.escape(page.title)}</a></li>')
            lines.append("</ul>")
        return "\n".join(lines)

    def write(self, target: str, title: str, body: str) -> None:
        path = self.output / target
        path.parent.mkdir(parents=True, exist_ok=True)
        up = posixpath.relpath(".", posixpath.dirname(target) or ".")
        text = self.template
        for name, value in {"title": html.escape(title), "root": up, "navigation": self.navigation(target),
                            "body": body}.items():
            text = text.replace(f"{{{{{name}}}}}", value)
        path.write_text(text, encoding="utf-8")

    def page(self, page: Page) -> None:
        def lead(match: re.Match) -> str:
            return f'{match.group(1)}="{self.link(page.source, page.target, html.unescape(match.group(2)))}"'

        body = REFERENCE.sub(lead, convert(page.text))
        body = body.replace("<table>", '<div class="wide"><table>').replace("</table>", "</table></div>")
        self.write(page.target, page.title, body)

    def file(self, source: str, target: str) -> None:
        path = self.root / source
        if source.endswith(".md"):
            self.page(Page(source, path.read_text(encoding="utf-8")))
        elif target.endswith(".svg"):
            (self.output / target).parent.mkdir(parents=True, exist_ok=True)
            shutil.copy(path, self.output / target)
        elif path.is_dir():
            names = sorted(f"{child.name}{'/' if child.is_dir() else ''}" for child in path.iterdir())
            items = "".join(f"<li><code>{html.escape(name)}</code></li>" for name in names)
            self.write(target, source, f"<h1>{source}/</h1><ul>{items}</ul>")
        else:
            try:
                lexer = get_lexer_for_filename(path.name)
            except ClassNotFound:
                lexer = TextLexer()
            code = highlight(path.read_text(encoding="utf-8"), lexer, HtmlFormatter(cssclass="codehilite"))
            self.write(target, source, f"<h1><code>{source}</code></h1>{code}")

    def build(self) -> None:
        shutil.rmtree(self.output, ignore_errors=True)
        self.output.mkdir(parents=True)
        shutil.copy(HERE / "style.css", self.output)
        for _, pages in self.sections:
            for page in pages:
                self.page(page)
        done: set[str] = set()
        while todo := sorted(set(self.wanted) - done):  # pages that are shown lead to more of them
            for source in todo:
                self.file(source, self.wanted[source])
            done.update(todo)


def main() -> int:
    site = Site(Path(sys.argv[1]).resolve(), Path(sys.argv[2]).resolve())
    site.build()
    dead = links.dead(site.output)
    print("\n".join(dead) or f"{sum(len(pages) for _, pages in site.sections)} pages, no dead link: {site.output}")
    return 1 if dead else 0


if __name__ == "__main__":
    sys.exit(main())
