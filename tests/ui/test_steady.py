"""Nothing jumps when text changes, and lists and forms use the height there is."""

from __future__ import annotations

from pathlib import Path

import nibabel
import pytest
from PyQt6.QtCore import QCoreApplication, QPoint, QRect
from PyQt6.QtWidgets import QAbstractItemView, QToolBar, QWidget

from maskeditor.core.operation.declaration import make
from maskeditor.ui.panels.operation_list import listed_operations
from maskeditor.ui.tools.toolbox import tools
from tests import phantoms
from tests.ui.conftest import Desk
from tests.ui.drivers import Driver, middle

LONG = "A sentence that is longer than the line in which it stands, whatever the size of the window: " * 5


@pytest.fixture
def opened(desk: Desk, tmp_path: Path) -> Desk:
    nibabel.save(nibabel.Nifti1Image(phantoms.head(), phantoms.affine("anisotropic")), tmp_path / "head.nii")
    desk.open(tmp_path / "head.nii")
    return desk


def places(desk: Desk) -> dict[str, QRect]:
    """Return where the parts of the window are."""
    QCoreApplication.processEvents()
    window = desk.window
    parts: dict[str, QWidget] = {"window": window, "histogram": window.histogram, "plot": window.histogram.plot}
    parts |= {str(plane): view.canvas for plane, view in window.views.views.items()}
    parts |= {id: dock for id, dock in window.docks.items() if dock.isVisible()}
    parts |= {bar.objectName(): bar for bar in window.findChildren(QToolBar)}
    return {name: QRect(part.mapTo(window, QPoint()), part.size()) for name, part in parts.items()}


def test_nothing_jumps_when_text_changes(opened: Desk, driver: Driver) -> None:
    editor, window = opened.editor, opened.window
    before = places(opened)
    editor.say(LONG)
    assert places(opened) == before, "a sentence"
    for view in window.views.views.values():
        driver.move(view.canvas, middle(view.canvas))
        assert places(opened) == before, "what is under the pointer"
    for tool in tools():
        opened.wiring.toolbox.choose(tool.id)
        assert places(opened) == before, tool.id
    opened.wiring.toolbox.choose(tools()[0].id)
    editor.apply_now(make("threshold", {"lower": 400}))
    opened.wait()
    assert places(opened) == before, "a step, and what undo takes"
    editor.change_roi(editor.active, name="n" * 60)
    assert places(opened) == before, "a long name"
    for cls in listed_operations():
        # It opens the panel in which its region is drawn.
        if cls.id != "joint_histogram_region":
            opened.wiring.operations.choose(cls.id)
            assert places(opened) == before, cls.id
    editor.pending.discard()
    assert places(opened) == before, "given up"


def test_lists_take_the_height_there_is(opened: Desk) -> None:
    window = opened.window

    def heights() -> dict[bool, int]:
        """Return how high the lists of panels are together, on the left and on the right."""
        QCoreApplication.processEvents()
        lists = [one for dock in window.docks.values() for one in dock.findChildren(QAbstractItemView)]
        sides = {True: 0, False: 0}
        for one in lists:
            if one.isVisible():
                sides[one.mapTo(window, QPoint()).x() < window.width() / 2] += one.height()
        return sides

    before = heights()
    window.resize(window.width(), window.height() + 120)
    after = heights()
    for side in (True, False):
        assert after[side] - before[side] >= 110
    # A form takes its height from the list.
    panel = opened.wiring.operations
    before = panel.list.height()
    opened.wiring.operations.choose("epi_mask")
    opened.wait()
    form = panel.fields.form
    assert form is not None
    assert form.visibleRegion().boundingRect().height() == form.height()
    assert panel.list.height() + form.height() <= before


def test_the_row_stays_under_the_pointer_that_looks_at_it(opened: Desk, driver: Driver) -> None:
    """Else the second click of a double click would open another step."""
    panel = opened.wiring.history
    for _ in range(15):
        opened.editor.apply_now(make("invert", {}))
    opened.wait()
    for y in (8, panel.list.height() // 2, panel.list.height() - 9):
        panel.list.verticalScrollBar().setValue(70)  # type: ignore[union-attr]
        row = panel.list.indexAt(QPoint(60, y)).row()
        screen = panel.list.viewport().mapToGlobal(QPoint(60, y))  # type: ignore[union-attr]
        driver.click(panel.list.viewport(), (60, y))  # type: ignore[arg-type]
        opened.wait()
        assert panel.looking.isVisible()
        under = panel.list.viewport().mapFromGlobal(screen)  # type: ignore[union-attr]
        assert panel.list.indexAt(under).row() == row
        driver.key("Esc")
        assert not panel.looking.isVisible()


def test_the_present_step_stays_whole_whatever_height_the_history_has(opened: Desk) -> None:
    steps = opened.wiring.history.list

    def is_whole() -> bool:
        opened.wait()
        assert steps.currentIndex().row() == steps.model().rowCount() - 1
        return steps.viewport().rect().contains(steps.visualRect(steps.currentIndex()))

    for lower in range(100, 112):
        opened.editor.apply_now(make("threshold", {"lower": lower}))
    assert is_whole()
    assert steps.verticalScrollBar().maximum() > 0
    for height in (650, 705, 720):
        opened.window.resize(opened.window.width(), height)
        assert is_whole(), height
    opened.window.docks["joint_histogram"].show()
    assert is_whole()
    # One that was scrolled out of sight by hand stays there.
    steps.verticalScrollBar().setValue(0)
    opened.window.docks["joint_histogram"].hide()
    assert steps.verticalScrollBar().value() == 0
