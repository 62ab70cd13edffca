"""ROIs made of others: by keys, by the menu of the list, one move each, and their steps replay."""

from __future__ import annotations

from pathlib import Path

import nibabel
import numpy as np
import pytest
from PyQt6.QtCore import QTimer
from PyQt6.QtWidgets import QApplication, QMenu
from scipy import ndimage

from maskeditor.core.operation.declaration import make
from maskeditor.core.recipe.replay import replay
from maskeditor.model.new_rois import MOST_COMPONENTS
from maskeditor.model.session import Session
from maskeditor.ui.choice import Choice
from maskeditor.ui.panels.rois import NAME, RoisPanel
from tests.ui.conftest import Desk
from tests.ui.drivers import Driver

SHAPE = (24, 22, 18)


@pytest.fixture
def image(tmp_path: Path) -> Path:
    data = np.zeros(SHAPE, np.int16)
    data[2:5, 3, 4], data[10:18, 10:13, 8:11], data[20, 20, 16] = 500, 500, 500
    data[8, 2, 2] = 300
    nibabel.save(nibabel.Nifti1Image(data, np.diag([2.0, 2.0, 3.0, 1.0])), tmp_path / "image.nii")
    return tmp_path / "image.nii"


@pytest.fixture
def opened(desk: Desk, image: Path) -> Desk:
    desk.open(image)
    desk.editor.apply_now(make("threshold", {"lower": 400}))
    desk.wait()
    return desk


def masks(desk: Desk) -> list[np.ndarray]:
    return [desk.document.mask(roi.id)[...] for roi in desk.document.rois]


def test_components_become_rois_by_a_key(opened: Desk, image: Path, driver: Driver) -> None:
    said: list[str] = []
    opened.editor.message.connect(said.append)
    driver.key("Ctrl+Shift+K")
    opened.wait()
    assert said[-1] == "Made an ROI of each of all 3 components of 'mask', largest first."
    assert [roi.name for roi in opened.document.rois] == ["mask", "mask 1", "mask 2", "mask 3"]
    labels, count = ndimage.label(masks(opened)[0])
    sizes = np.bincount(labels.ravel())
    for made, label in zip(masks(opened)[1:], sorted(range(1, count + 1), key=lambda at: -sizes[at]), strict=True):
        np.testing.assert_array_equal(made, labels == label)
    # A mask is a recipe: the second on a fresh image.
    session = opened.editor.session
    assert session is not None
    fresh = Session.open(image).document
    target = replay(fresh, session.recipe(opened.document.rois[2].id))
    np.testing.assert_array_equal(fresh.mask(target)[...], masks(opened)[2])
    driver.key("Ctrl+Z")
    opened.wait()
    assert [roi.name for roi in opened.document.rois] == ["mask"]


def test_of_many_components_the_largest_are_taken(opened: Desk, driver: Driver) -> None:
    points = [[2.0 * i, 2.0 * j, 0.0] for i in range(0, 24, 4) for j in range(0, 22, 4)]
    for point in points:
        opened.editor.apply_now(make("paint", {"points": (point,), "radius": 0.5}))
    opened.wait()
    said: list[str] = []
    opened.editor.message.connect(said.append)
    driver.key("Ctrl+Shift+K")
    opened.wait()
    count = ndimage.label(masks(opened)[0])[1]
    assert count > MOST_COMPONENTS
    assert said[-1].startswith(f"Made an ROI of each of the {MOST_COMPONENTS} largest of {count} components of 'mask'")
    assert len(opened.document.rois) == 1 + MOST_COMPONENTS


def test_one_component_is_not_split(opened: Desk, driver: Driver) -> None:
    opened.editor.apply_now(make("keep_largest", {}))
    said: list[str] = []
    opened.editor.message.connect(said.append)
    driver.key("Ctrl+Shift+K")
    opened.wait()
    assert said[-1] == "'mask' has only one component, so there is nothing to split."
    assert len(opened.document.rois) == 1


def test_a_copy_follows_by_the_menu_of_the_list(opened: Desk, driver: Driver) -> None:
    picked: list[str] = []

    def pick() -> None:
        menu = QApplication.activePopupWidget()
        if not isinstance(menu, QMenu):
            return
        timer.stop()
        action = next(one for one in menu.actions() if one.objectName() == "copy_roi")
        picked.append(action.text())
        driver.click(menu, (menu.actionGeometry(action).center().x(), menu.actionGeometry(action).center().y()))

    timer = QTimer()
    timer.timeout.connect(pick)
    timer.start(10)
    view = opened.window.findChild(RoisPanel).table
    place = view.visualRect(view.model().index(0, NAME)).center()
    driver.move(view.viewport(), (place.x(), place.y()))
    driver.press("right")  # the menu is gone when it comes back
    driver.move(view.viewport(), (place.x(), place.y()))
    driver.release("right")
    opened.wait()
    assert len(picked) == 1
    assert [roi.name for roi in opened.document.rois] == ["mask", "mask copy"]
    np.testing.assert_array_equal(*masks(opened))
    first, *later = opened.document.timeline
    opened.document.edit(0, [first.with_(operation=make("threshold", {"lower": 200})), *later], "lower")
    assert masks(opened)[1].sum() == masks(opened)[0].sum() > 0
    assert masks(opened)[1][8, 2, 2]


def test_chosen_rois_are_merged(opened: Desk, driver: Driver, monkeypatch: pytest.MonkeyPatch) -> None:
    for lower in (250, 450):
        opened.editor.add_roi("ROI")
        opened.editor.apply_now(make("threshold", {"lower": lower, "upper": lower + 100}))
    opened.wait()

    def run(dialog: Choice) -> int:
        dialog.show()
        driver.settle()
        # The active ROI, the last, and one more.
        assert dialog.chosen == (2,)
        assert not dialog.agree.isEnabled()
        driver.key("Down")
        driver.key("Space")
        driver.key("Return")
        return dialog.result()

    monkeypatch.setattr(Choice, "exec", run)
    said: list[str] = []
    opened.editor.message.connect(said.append)
    opened.wiring.actions["merge_rois"].trigger()  # else its keys would be held while the dialog is open
    opened.wait()
    assert said == ["Merged 2 ROIs."]
    assert [roi.name for roi in opened.document.rois] == ["mask", "ROI", "ROI 2", "merged"]
    one, other, merged = masks(opened)[1:]
    np.testing.assert_array_equal(merged, one | other)
    opened.editor.undo()
    opened.wait()
    assert len(opened.document.rois) == 3


def test_the_mask_is_mirrored_by_a_key(opened: Desk, driver: Driver) -> None:
    (before,) = masks(opened)
    driver.key("Ctrl+Shift+H")
    opened.wait()
    np.testing.assert_array_equal(masks(opened)[0], before[::-1])
    driver.key("Ctrl+Z")
    opened.wait()
    np.testing.assert_array_equal(masks(opened)[0], before)


@pytest.mark.parametrize(("words", "rois"), [("split", 4), ("copy", 2), ("roi component", 4)])
def test_what_makes_rois_of_others_is_found_by_its_words(opened: Desk, driver: Driver, words: str, rois: int) -> None:
    found = opened.wiring.operations.list
    driver.click(found.search)
    driver.type(words)
    titles = [item.text().strip() for item in found._items()]
    assert "ROIs" in titles
    action = found._items()[titles.index("ROIs") + 1]
    rect = found.list.visualItemRect(action)
    driver.click(found.list.viewport(), (rect.center().x(), rect.center().y()))
    opened.wait()
    assert len(opened.document.rois) == rois
