"""The manual: whole, true to what is declared, and without a link that leads nowhere."""

from __future__ import annotations

import html
import re
from html.parser import HTMLParser
from pathlib import Path

import pytest

from maskeditor import api
from maskeditor.cli.commands import COMMANDS
from maskeditor.core.operation.declaration import operations
from maskeditor.manual import write_manual
from maskeditor.manual.chapters import usual_keys
from maskeditor.manual.docstrings import Entry, parts
from maskeditor.manual.prose import as_html, readme, sections
from maskeditor.model.preferences import Page as Preferred
from maskeditor.ui.data.entries import data_entries
from maskeditor.ui.main_window.menus import MENUS, plain_title
from maskeditor.ui.main_window.wiring import panels


class Page(HTMLParser):
    """What a page refers to, what can be referred to in it, and its text."""

    def __init__(self, path: Path) -> None:
        super().__init__()
        self.anchors: list[str] = []
        self.links: list[str] = []
        self.pictures: list[str] = []
        self.text = ""
        self.feed(path.read_text("utf-8"))

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        given = dict(attrs)
        if given.get("id"):
            self.anchors.append(str(given["id"]))
        if tag == "a":
            self.links.append(str(given["href"]))
        if tag == "img":
            self.pictures.append(str(given["src"]))

    def handle_data(self, data: str) -> None:
        self.text += data


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return write_manual(tmp_path_factory.mktemp("manual") / "new").parent


@pytest.fixture(scope="module")
def pages(folder: Path) -> dict[str, Page]:
    return {path.name: Page(path) for path in folder.glob("*.html")}


def test_every_link_leads_somewhere(folder: Path, pages: dict[str, Page]) -> None:
    assert {"index.html", "operations.html", "keys.html"} <= pages.keys()
    for name, page in pages.items():
        assert len(set(page.anchors)) == len(page.anchors), name
        for link in page.links:
            file, _, anchor = link.partition("#")
            assert (file or name) in pages, (name, link)
            assert not anchor or anchor in pages[file or name].anchors, (name, link)
        for picture in page.pictures:
            assert (folder / picture).is_file(), (name, picture)


def test_every_page_is_reached_from_the_first(pages: dict[str, Page]) -> None:
    assert pages.keys() - {"index.html"} <= set(pages["index.html"].links)


def test_it_needs_no_network(folder: Path) -> None:
    for path in folder.glob("*.html"):
        text = path.read_text("utf-8")
        assert "<script" not in text
        assert 'src="http' not in text
        assert 'href="http' not in text


def test_every_operation_with_every_parameter(folder: Path, pages: dict[str, Page]) -> None:
    page = pages["operations.html"]
    for cls in operations():
        assert cls.id in page.anchors
        assert cls.summary_line() in page.text
        for declared in cls.parameters():
            assert f"{declared.name}=" in page.text
            assert declared.description in page.text


def test_every_command_function_and_key(pages: dict[str, Page]) -> None:
    assert COMMANDS.keys() <= set(pages["command-line.html"].anchors)
    assert {name for name in vars(api) if name in ("run", "compare", "Mask", "signals")} <= set(
        pages["python.html"].anchors
    )
    assert "run(image, " in pages["python.html"].text
    for row in usual_keys():
        for cell in row:
            assert cell in pages["keys.html"].text


def test_every_section_of_the_readme_has_a_place(pages: dict[str, Page]) -> None:
    left_out = {"maskeditor", "The two commands", "How an operation is added", "More"}
    every = " ".join(page.text for page in pages.values())
    for section in readme():
        if section.title not in left_out:
            assert section.title in every


def test_every_way_through_a_menu_is_there(pages: dict[str, Page], folder: Path) -> None:
    entries = [entry for menu in MENUS.values() for entry in menu if entry is not None]
    shown = [entry if isinstance(entry, str) else entry.text for entry in entries]
    shown += [entry.menu for entry in entries if not isinstance(entry, str)] + [entry.text for entry in data_entries()]
    shown += [one.title for one in (*operations(), *panels())] + [*Preferred, "EPI of the same head"]
    titles = {plain_title(text) for text in shown}
    text = html.unescape("".join((folder / name).read_text("utf-8") for name in pages))
    ways = set(re.findall(r"<em>([^<]*▸[^<]*)</em>", text))
    assert ways
    assert not [way for way in ways for step in way.split(" ▸ ")[1:] if plain_title(step) not in titles]


def test_markdown_is_taken_apart_outside_of_code() -> None:
    found = sections("# a\n\none\n\n```\n# no heading\n```\n\n## b\n\ntwo\n")
    assert [(section.level, section.title) for section in found] == [(1, "a"), (2, "b")]
    assert "# no heading" in found[0].text


def test_links_to_files_that_do_not_come_along_are_words() -> None:
    assert as_html("see [the design](ARCHITECTURE.md), [b](#c)") == ('<p>see the design, <a href="#c">b</a></p>\n')
    assert '<img src="epi.png" alt="EPI" />' in as_html("![EPI](resources/screenshots/epi.png)")
    assert html.escape("<b>") in as_html("<b>")


def test_a_docstring_is_taken_apart() -> None:
    found = parts("""Add.

    More
    of it.

    Parameters
    ----------
    a, b : int
        Two
        numbers.

    Examples
    --------
    >>> add(1, 2)
    3
    """)
    assert found[0].paragraphs == ("Add.", "More of it.")
    assert (found[1].title, found[1].entries) == ("Parameters", (Entry("a, b : int", "Two numbers."),))
    assert found[2].code == ">>> add(1, 2)\n3"
