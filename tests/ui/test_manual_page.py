"""Help ▸ Manual: written anew, and opened in the browser."""

from __future__ import annotations

from pathlib import Path

import pytest
from PyQt6.QtCore import QUrl
from PyQt6.QtGui import QDesktopServices

from maskeditor.manual import write_manual
from maskeditor.ui.main_window.help import show_manual
from tests.ui.conftest import Desk


@pytest.fixture
def opened(monkeypatch: pytest.MonkeyPatch) -> list[Path]:
    """The pages that a browser is asked to show."""
    pages: list[Path] = []

    def open_url(url: QUrl) -> bool:
        pages.append(Path(url.toLocalFile()))
        return True

    monkeypatch.setattr(QDesktopServices, "openUrl", open_url)
    return pages


def test_it_is_written_and_opened(desk: Desk, opened: list[Path]) -> None:
    show_manual(desk.editor.jobs, desk.window.keys, write_manual)
    desk.wait()
    (page,) = opened
    assert "Chapters" in page.read_text("utf-8")


def test_without_room_in_the_cache_it_is_written_elsewhere(desk: Desk, opened: list[Path]) -> None:
    asked: list[Path] = []

    def write(folder: Path, keys: object) -> Path:
        asked.append(folder)
        if len(asked) == 1:
            raise PermissionError("no")
        return folder / "index.html"

    show_manual(desk.editor.jobs, desk.window.keys, write)
    desk.wait()
    assert len(asked) == 2
    assert opened == [asked[1] / "index.html"]
    asked[1].rmdir()


def test_without_a_browser_it_says_where_it_lies(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    said: list[str] = []
    monkeypatch.setattr(QDesktopServices, "openUrl", lambda url: False)
    desk.editor.jobs.failed.disconnect()
    desk.editor.jobs.failed.connect(said.append)
    show_manual(desk.editor.jobs, desk.window.keys, lambda folder, keys: folder / "index.html")
    desk.wait()
    assert len(said) == 1
    assert said[0].endswith("index.html in one.")


def test_help_has_it_where_the_program_can_write_it(desk: Desk) -> None:
    assert not desk.wiring.actions["manual"].isVisible()
