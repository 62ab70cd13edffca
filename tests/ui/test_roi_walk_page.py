"""The page of the ROI walk in the help: shown, and naming what is there."""

from __future__ import annotations

from PyQt6.QtWidgets import QDialog, QTableWidget

from maskeditor.ui.main_window.help import roi_walk
from tests.ui.conftest import Desk


def test_the_page_shows_every_stage(desk: Desk) -> None:
    desk.open()
    desk.wiring.actions["roi_walk"].trigger()
    (dialog,) = (shown for shown in desk.window.findChildren(QDialog) if "box plot" in shown.windowTitle())
    table = dialog.findChild(QTableWidget)
    assert table is not None
    stages = roi_walk()
    assert table.rowCount() == len(stages)
    assert [table.item(row, 0).text() for row in range(len(stages))] == [stage[0] for stage in stages]  # type: ignore[union-attr]
    words = " ".join(stage[1] for stage in stages)
    named = ("Operations ▸ t test", "Data ▸ Signals", "File ▸ Add image", "ROI into components", "ROIs as labels")
    for expected in named:
        assert expected in words
    dialog.close()
