"""How large an ROI is stands in view whatever the room, and is of what is previewed as long as that is shown."""

from __future__ import annotations

import re

import numpy as np

from maskeditor.core.operation.declaration import make
from maskeditor.ui.panels.rois import SIZES, VOLUME, VOXELS, RoisPanel
from tests.ui.conftest import Desk


def status(desk: Desk) -> str:
    return desk.wiring.status._mask.text()


def test_sizes_follow_a_preview(desk: Desk) -> None:
    desk.open()
    data = desk.document.volume.stored
    (panel,) = desk.window.findChildren(RoisPanel)
    desk.editor.apply(make("threshold", {"lower": 900}))
    desk.wait()
    kept = status(desk)
    desk.wiring.operations.choose("threshold")
    change = desk.editor.pending.change
    assert change is not None
    for lower in (500.0, 600.0):
        change.fields.set_values({"lower": lower, "combine": "replace"}, {})
        # What was counted of another preview is not shown any more.
        assert status(desk) == "ROI mask: counting …"
        assert panel.model.index(0, VOXELS).data() == "…"
        desk.wait()
        count = int(np.count_nonzero(data >= lower))
        assert status(desk).startswith("ROI mask, previewed: ")
        for said in (status(desk).split(": ")[1].split(" voxel")[0], panel.model.index(0, VOXELS).data()):
            assert int(re.sub(r"\s", "", said)) == count
    # Below the table, it has no room for a word of it, and is slanted as the table is.
    label = panel.size_label
    assert label.text()
    assert label.shown == label.text()
    assert label.font().italic()
    desk.editor.clear_preview()
    assert status(desk) == kept
    assert label.text()
    assert not label.font().italic()


def test_millilitres_stay_in_a_narrow_panel(desk: Desk) -> None:
    desk.open()
    desk.editor.apply(make("threshold", {"lower": 300}))
    desk.wait()
    (panel,) = desk.window.findChildren(RoisPanel)
    for width, shown in ((600, 3), (230, 1), (150, 0)):
        panel.table.resize(width, 200)
        columns = [column for column in SIZES if not panel.table.isColumnHidden(column)]
        assert len(columns) == shown
        assert shown != 1 or columns == [VOLUME]
        # What has no column stands below, and nothing twice: the share would have no room there.
        below = [words in panel.size_label.text() for words in ("voxels", "mL", "%")]
        assert below == [panel.table.isColumnHidden(column) for column in SIZES]


def test_columns_that_had_no_room_stay_away_though_numbers_get_shorter(desk: Desk) -> None:
    """At each undo and redo, they would come and go."""
    desk.open()
    (panel,) = desk.window.findChildren(RoisPanel)

    def shown() -> list[int]:
        return [column for column in SIZES if not panel.table.isColumnHidden(column)]

    def with_mask_from(lower: int) -> list[int]:
        desk.editor.apply(make("threshold", {"lower": lower}))
        desk.wait()
        return shown()

    with_mask_from(1000)
    # Just wide enough for these numbers.
    for width in range(200, 500):
        panel.table.resize(width, 200)
        if shown() == list(SIZES):
            break
    narrow = with_mask_from(100)
    assert len(narrow) < len(SIZES)
    assert with_mask_from(1000) == narrow
    assert with_mask_from(100) == narrow
