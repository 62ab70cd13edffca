"""The tour: five steps beside the work, skipped by a button or Escape, offered once, and opened from Help."""

from __future__ import annotations

from pathlib import Path

import nibabel
import pytest
from PyQt6.QtCore import QPoint
from PyQt6.QtWidgets import QApplication, QWidget

from maskeditor.core.space.geometry import Plane
from maskeditor.ui.look.focus_ring import Ring
from maskeditor.ui.main_window.tour import STOPS, Tour
from maskeditor.ui.panels.docks import come_up
from tests import phantoms
from tests.ui.conftest import Desk
from tests.ui.drivers import Driver


@pytest.fixture
def opened(desk: Desk, tmp_path: Path) -> Desk:
    nibabel.save(nibabel.Nifti1Image(phantoms.head(), phantoms.affine("anisotropic")), tmp_path / "head.nii")
    desk.open(tmp_path / "head.nii")
    return desk


def tours(desk: Desk) -> list[Tour]:
    return [tour for tour in desk.window.findChildren(Tour) if tour.isVisible()]


def test_five_steps_each_of_a_part_that_is_ringed_and_not_covered(opened: Desk, driver: Driver) -> None:
    tour = opened.wiring.commands.begin_tour()
    window = opened.window
    assert len(STOPS) == 5
    heights, places = set(), set()
    for place, stop in enumerate(STOPS):
        driver.settle()
        part = stop.part(window)
        assert tour.heading.text() == f"{place + 1} of 5: {stop.title}"
        assert "{" not in tour.text.text()
        assert "no key" not in tour.text.text()
        assert [ring.parent() for ring in window.findChildren(Ring) if ring.parent() is part]
        assert window.rect().contains(tour.geometry())
        covered = part.rect().translated(part.mapTo(window, part.rect().topLeft()))
        assert not tour.geometry().intersects(covered)
        heights.add(tour.height())
        places.add(tour.y())
        driver.click(tour.next_button)
    assert not tours(opened)
    assert len(heights) == len(places) == 1
    assert not opened.editor.preferred.value.tour


def test_it_stands_over_the_coronal_plane_wherever_that_gets_to(opened: Desk, driver: Driver) -> None:
    tour, views = opened.wiring.commands.begin_tour(), opened.window.views

    def is_over_the_plane() -> bool:
        driver.settle()
        plane = views.views[Plane.CORONAL]
        room = plane.rect().translated(plane.mapTo(opened.window, plane.rect().topLeft()))
        return plane.isVisible() and room.contains(tour.geometry())

    assert is_over_the_plane()
    before = tour.geometry()
    views.toggle_maximised(Plane.CORONAL)
    assert is_over_the_plane()
    assert tour.geometry() != before
    views.toggle_maximised(Plane.CORONAL)
    assert is_over_the_plane()
    assert tour.geometry() == before


def test_a_panel_that_comes_up_does_not_cover_it(opened: Desk, driver: Driver) -> None:
    tour = opened.wiring.commands.begin_tour()
    come_up(opened.wiring.cohort)
    driver.settle()
    at = tour.geometry().topLeft() + QPoint(2, 2)
    assert opened.window.childAt(at) is tour
    siblings = [child for child in opened.window.children() if isinstance(child, QWidget)]
    assert siblings[-1] is tour


def test_the_work_goes_on_beside_it_and_escape_skips_it(opened: Desk, driver: Driver) -> None:
    focus = QApplication.focusWidget()
    tour = opened.wiring.commands.begin_tour()
    driver.settle()
    assert QApplication.focusWidget() is focus
    driver.key("O")
    assert opened.editor.viewer.state.outline
    driver.key("Esc")
    assert tours(opened) == [tour]
    driver.click(tour.skip_button)
    assert not tours(opened)
    # From Help, by keys alone.
    opened.wiring.actions["tour"].trigger()
    driver.settle()
    driver.key("Space")
    (again,) = tours(opened)
    assert again.heading.text().startswith("2 of 5")
    driver.key("Esc")
    assert not tours(opened)
