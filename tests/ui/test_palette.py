"""The command palette: all that can be done is found by words, the likeliest first, and done by Enter."""

from __future__ import annotations

from collections import Counter
from pathlib import Path

import nibabel
import pytest
from PyQt6.QtWidgets import QApplication

from maskeditor.core.operation.search import Words, ranked
from maskeditor.model.preferences import Preferences
from maskeditor.ui.main_window.menus import entries
from maskeditor.ui.main_window.palette import Palette
from maskeditor.ui.main_window.preferences_dialog import PreferencesDialog
from maskeditor.ui.panels.operation_list import listed_operations
from maskeditor.ui.tools.toolbox import tools
from tests import phantoms
from tests.ui.conftest import Desk
from tests.ui.drivers import Driver


@pytest.fixture
def opened(desk: Desk, tmp_path: Path) -> Desk:
    nibabel.save(nibabel.Nifti1Image(phantoms.head(), phantoms.affine("anisotropic")), tmp_path / "head.nii")
    desk.open(tmp_path / "head.nii")
    desk.editor.add_roi("Left hippocampus")
    desk.wait()
    return desk


def palette(desk: Desk, driver: Driver) -> Palette:
    """Open the palette by its key."""
    driver.key("Ctrl+K")
    (made,) = desk.window.findChildren(Palette)
    return made


def do(desk: Desk, driver: Driver, words: str, *keys: str) -> None:
    """Open the palette, type words, press keys, and Enter."""
    palette(desk, driver)
    for word in words:
        driver.key(word if word != " " else "Space")
    for key in (*keys, "Return"):
        driver.key(key)
    desk.window.activateWindow()
    driver.settle()


def test_titles_that_begin_so_then_words_then_what_others_say() -> None:
    offered = [
        Words("Closing", (), "Dilation, then erosion."),
        Words("Growing", ("dilate",)),
        Words("Undo dilation"),
        Words("Dilation"),
    ]
    found = ranked("dil", offered, lambda words: words)
    assert [words.title for words in found] == ["Dilation", "Undo dilation", "Growing", "Closing"]
    assert [words.title for words in ranked("clos", offered, lambda words: words)] == ["Closing"]


def test_everything_is_offered(opened: Desk, driver: Driver) -> None:
    made = palette(opened, driver)
    offered = {(offer.kind, offer.words.title) for offer in made._offers}
    titles = {title for _, title in offered}
    assert {cls.title for cls in listed_operations()} <= titles
    assert {entry.title for entry in entries()} <= titles
    assert {("Tool", tool.title.replace("&", "")) for tool in tools()} <= offered
    assert {field.title for field in Preferences.model_fields.values()} <= titles
    # Its intensities are no Hounsfield units.
    assert not [kind for kind, _ in offered if kind.endswith("in HU")]
    assert {("ROI", "Left hippocampus"), ("Image", "head.nii"), ("Panel", "History")} <= offered
    driver.key("Esc")


def test_each_thing_is_offered_once(opened: Desk, driver: Driver) -> None:
    made = palette(opened, driver)
    offered = [offer for offer in made._offers if offer.kind not in ("ROI", "Image")]
    times = Counter(offer.words.title.casefold() for offer in offered)
    assert [title for title, count in times.items() if count > 1] == []
    # With all that is known of it: what it shows, its keys, and the words of the preference that it changes.
    (curves,) = (offer for offer in offered if offer.words.title == "Time and profile")
    assert (curves.kind, curves.keys, "voxel and ROIs" in curves.tip) == ("Panel", "Ctrl+T", True)
    (smooth,) = ranked("blended preferences", offered, lambda offer: offer.words)
    assert (smooth.kind, smooth.words.title) == ("View", "Interpolate between voxels")
    driver.key("Esc")


def test_a_panel_of_the_data_menu_has_the_keyboard(opened: Desk, driver: Driver) -> None:
    do(opened, driver, "statistics")
    dock = opened.window.docks["statistics"]
    focus = QApplication.focusWidget()
    assert dock.isVisible()
    assert focus is not None
    assert dock.isAncestorOf(focus)


def test_an_operation_a_tool_an_roi_and_a_preference(opened: Desk, driver: Driver) -> None:
    do(opened, driver, "dilat")
    assert opened.wiring.operations.heading.text() == "Dilation"
    do(opened, driver, "brush")
    assert opened.wiring.toolbox.chosen == "brush"
    opened.editor.set_active(opened.document.rois[0].id)
    do(opened, driver, "hippo")
    assert opened.document.roi(opened.editor.active).name == "Left hippocampus"
    do(opened, driver, "outline only")
    assert opened.editor.viewer.state.outline
    do(opened, driver, "memory for")
    (dialog,) = opened.window.findChildren(PreferencesDialog)
    driver.settle()
    assert dialog.pages.tabText(dialog.pages.currentIndex()) == "Files and memory"


def test_ranges_and_windows_in_hounsfield_units_where_intensities_are_such(
    desk: Desk, driver: Driver, tmp_path: Path
) -> None:
    ct = (phantoms.head() - 1000).astype("int16")
    nibabel.save(nibabel.Nifti1Image(ct, phantoms.affine("anisotropic")), tmp_path / "ct.nii")
    desk.open(tmp_path / "ct.nii")
    do(desk, driver, "bone window")
    assert desk.window.viewer.state.window == (-500.0, 1300.0)
    do(desk, driver, "fat")
    assert desk.window.histogram.plot.bounds == (-150, -50)


def test_the_arrows_choose_while_the_field_keeps_the_keyboard(opened: Desk, driver: Driver) -> None:
    made = palette(opened, driver)
    first = made.list.currentItem().text(0)
    driver.key("Down")
    second = made.list.currentItem().text(0)
    assert first != second
    driver.key("A")
    assert made.search.text().lower() == "a"
    # What cannot be done says why, and is not done.
    made.search.clear()
    for key in "redo":
        driver.key(key)
    assert made.list.currentItem().text(0) == "Redo"
    assert made.note.text() == opened.wiring.actions.reason("redo") != ""
    driver.key("Return")
    assert made.isVisible()
    for key in "xyzzy":
        driver.key(key)
    assert made.note.text() == "Nothing is called so; try fewer letters."
