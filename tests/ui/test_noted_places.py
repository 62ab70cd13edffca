"""Noted places by mouse and keys: noted, renamed, gone to, copied, removed; back with the session."""

from __future__ import annotations

from pathlib import Path

import nibabel
import numpy as np
import pytest
from PyQt6.QtGui import QGuiApplication

from maskeditor.model.notes import NotedPlace
from maskeditor.ui.panels.docks import dock_of
from maskeditor.ui.panels.noted_places import COMMENT, NONE_YET, VOLUME, NotedPlacesPanel
from tests import phantoms
from tests.ui.conftest import Desk
from tests.ui.drivers import Driver


@pytest.fixture
def opened(desk: Desk, tmp_path: Path) -> Desk:
    path = tmp_path / "bold.nii"
    data = np.random.default_rng(1).integers(0, 900, (12, 14, 10, 5)).astype(np.int16)
    nibabel.save(nibabel.Nifti1Image(data, phantoms.affine("anisotropic")), path)
    desk.open(path)
    return desk


def panel(desk: Desk) -> NotedPlacesPanel:
    (found,) = desk.window.findChildren(NotedPlacesPanel)
    return found


def comments(desk: Desk) -> list[str]:
    rows = panel(desk).list
    return [rows.topLevelItem(place).text(COMMENT) for place in range(rows.topLevelItemCount())]


def note(desk: Desk, voxel: tuple[int, int, int], frame: int = 0) -> None:
    desk.editor.viewer.set_frame(frame)
    desk.editor.viewer.set_crosshair(voxel)
    desk.wiring.actions["note_place"].trigger()
    desk.wait()


def test_a_place_is_noted_by_key_and_gone_to_by_a_click(opened: Desk, driver: Driver) -> None:
    assert not panel(opened).isVisible()
    driver.click(opened.window.views)
    viewer = opened.editor.viewer
    first = viewer.state.crosshair
    driver.key("Ctrl+B")
    opened.wait()
    assert panel(opened).isVisible()
    note(opened, (2, 3, 4), 3)
    assert comments(opened) == ["Place 1", "Place 2"]
    assert opened.editor.noting.notes.places == (NotedPlace(first, "Place 1", 0), NotedPlace((2, 3, 4), "Place 2", 3))
    rows = panel(opened).list
    for place, wanted in ((0, (first, 0)), (1, ((2, 3, 4), 3))):
        where = rows.visualItemRect(rows.topLevelItem(place)).center()
        driver.click(rows.viewport(), (where.x(), where.y()))
        opened.wait()
        assert (viewer.state.crosshair, viewer.state.frame) == wanted
    # The same place is not noted twice.
    note(opened, (2, 3, 4), 3)
    assert len(comments(opened)) == 2
    # None of it is a step.
    assert opened.editor.timeline == ()


def test_a_comment_is_changed_and_a_place_removed(opened: Desk, driver: Driver) -> None:
    for place in ((1, 1, 1), (2, 2, 2), (3, 3, 3)):
        note(opened, place)
    rows = panel(opened).list
    rows.topLevelItem(1).setText(COMMENT, "  a  cyst ")
    assert comments(opened) == ["Place 1", "a cyst", "Place 3"]
    rows.topLevelItem(0).setText(COMMENT, " ")
    rows.topLevelItem(0).setText(VOLUME, "7")
    assert comments(opened) == ["Place 1", "a cyst", "Place 3"]
    assert opened.editor.noting.notes.places[0].frame == 0
    rows.setCurrentItem(rows.topLevelItem(0))
    driver.click(panel(opened).remove_button)
    assert comments(opened) == ["a cyst", "Place 3"]
    note(opened, (5, 5, 5))
    assert comments(opened) == ["a cyst", "Place 3", "Place 4"]
    driver.click(panel(opened).copy_button)
    text = QGuiApplication.clipboard().text().split("\n")
    assert [line.split("\t")[0] for line in text] == ["comment", *comments(opened)]


def test_places_are_those_of_the_session(opened: Desk, tmp_path: Path) -> None:
    note(opened, (2, 3, 4))
    session = opened.editor.session
    assert session is not None
    session.save_session(tmp_path / "work.maskeditor")
    other = tmp_path / "other.nii"
    nibabel.save(nibabel.Nifti1Image(np.zeros((5, 5, 5), np.int16), np.eye(4)), other)
    opened.open(other)
    assert comments(opened) == []
    assert panel(opened).sentence.text() == NONE_YET
    assert panel(opened).list.isColumnHidden(VOLUME)
    dock = dock_of(panel(opened))
    assert dock is not None
    dock.close()
    opened.open(tmp_path / "work.maskeditor")
    assert comments(opened) == ["Place 1"]
    # One goes on where one was, and sees what was noted.
    assert not dock.isHidden()
    assert opened.editor.viewer.state.crosshair == (2, 3, 4)
