"""Everything by the keyboard: it is reached, named, marked while it has the keys, and the planes are painted in."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import nibabel
import numpy as np
import pytest
from PyQt6 import sip
from PyQt6.QtCore import QCoreApplication, Qt
from PyQt6.QtGui import QImage
from PyQt6.QtWidgets import (
    QAbstractButton,
    QAbstractScrollArea,
    QAbstractSpinBox,
    QApplication,
    QComboBox,
    QDialog,
    QKeySequenceEdit,
    QLabel,
    QLineEdit,
    QPlainTextEdit,
    QTabBar,
    QTabWidget,
    QWidget,
)

from maskeditor.core.operation.declaration import Operation, make
from maskeditor.core.operation.parameters import Kind, Role
from maskeditor.core.space.geometry import Plane
from maskeditor.ui.forms.form import OperationForm
from maskeditor.ui.forms.number_field import NumberField
from maskeditor.ui.main_window.options_bar import OptionsBar
from maskeditor.ui.panels.form_context import surroundings_of
from maskeditor.ui.panels.images import ImagesPanel
from maskeditor.ui.panels.operation_list import listed_operations
from maskeditor.ui.views.cells import Layout
from tests import phantoms
from tests.ui.conftest import Desk
from tests.ui.drivers import Driver, middle
from tests.ui.test_every_operation_by_hand import field


@pytest.fixture
def opened(desk: Desk, tmp_path: Path) -> Desk:
    nibabel.save(nibabel.Nifti1Image(phantoms.head(), phantoms.affine("anisotropic")), tmp_path / "head.nii")
    desk.open(tmp_path / "head.nii")
    return desk


def focusable(root: QWidget) -> Iterator[QWidget]:
    """Yield what can have the keyboard, without the parts that Qt makes such things of."""
    for widget in root.findChildren(QWidget):
        above = widget.parentWidget()
        is_part = isinstance(above, QAbstractSpinBox | QComboBox | QKeySequenceEdit) or (
            isinstance(above, QAbstractScrollArea) and above.viewport() is widget
        )
        popup = any(one.windowType() == Qt.WindowType.Popup for one in ancestors(widget))
        if widget.focusPolicy() != Qt.FocusPolicy.NoFocus and not is_part and not popup:
            yield widget


def with_all_kinds() -> Iterator[type[Operation]]:
    """Yield operations whose forms have, between them, fields for all kinds of parameters."""
    known: set[tuple[Kind, Role]] = set()
    for cls in listed_operations():
        kinds = {(one.kind, one.role) for one in cls.parameters() if one.role not in (Role.HIDDEN, Role.COMBINE)}
        if kinds - known:
            known |= kinds
            yield cls


def ancestors(widget: QWidget) -> Iterator[QWidget]:
    """Yield a widget and all that hold it."""
    one: QWidget | None = widget
    while one is not None:
        yield one
        one = one.parentWidget()


def name_of(widget: QWidget, root: QWidget) -> str:
    """Return what a screen reader calls a widget."""
    buddies = (label.text() for label in root.findChildren(QLabel) if label.buddy() is widget)
    own = widget.text() if isinstance(widget, QAbstractButton) else ""
    above = widget.parentWidget()
    tabs = above.accessibleName() if isinstance(widget, QTabBar) and isinstance(above, QTabWidget) else ""
    return widget.accessibleName() or own or tabs or next(buddies, "")


def test_a_plane_tells_what_is_at_the_crosshair(opened: Desk, driver: Driver) -> None:
    canvas = opened.window.views.views[Plane.AXIAL].canvas
    opened.window.viewer.set_crosshair((3, 4, 5))
    opened.editor.apply_now(make("invert", {}))  # everything
    canvas.setFocus()
    driver.key("PgUp")
    opened.wait()
    i, j, k = crosshair = opened.window.viewer.state.crosshair
    assert crosshair != (3, 4, 5)
    affine = phantoms.affine("anisotropic")
    x, y, z = affine[:3, :3] @ crosshair + affine[:3, 3]
    slices, there = canvas.accessibleDescription().splitlines()
    assert canvas.map is not None
    assert slices.startswith(f"Axial {crosshair[canvas.map.normal]} of 0–")
    assert slices.endswith(f"RAS z = {z:.1f} mm")
    assert f": {phantoms.head()[crosshair]:.5g}, in mask" in there
    assert f"  ·  voxel {i}, {j}, {k}  ·  RAS {x:.1f}, {y:.1f}, {z:.1f} mm" in there


def test_whatever_can_have_the_keyboard_has_a_name(opened: Desk) -> None:
    window, commands = opened.window, opened.wiring.commands
    for dock in window.docks.values():
        dock.show()
    opened.editor.add_roi("other")
    nameless: set[str] = set()

    def is_told(box: QComboBox, root: QWidget) -> bool:
        """Whether one hears what a box is for: AT-SPI takes the text that is chosen for its name."""
        described = box.accessibleDescription() or box.toolTip()
        return bool(described) or any(label.buddy() is box for label in root.findChildren(QLabel))

    def look(root: QWidget, where: str) -> None:
        nameless.update(
            f"{where}: {widget.accessibleName()} is told by its choice alone"
            for widget in focusable(root)
            if isinstance(widget, QComboBox) and not is_told(widget, root)
        )
        nameless.update(
            f"{where}: {type(widget).__name__} in {type(widget.parent()).__name__}"
            for widget in focusable(root)
            if not name_of(widget, root)
        )

    look(window, "window")
    around = surroundings_of(opened.editor, opened.editor.viewer, opened.editor.active)
    for cls in listed_operations():
        form = OperationForm(cls, around=around, parent=window)
        look(form, cls.id)
        form.deleteLater()
    for show in (
        commands.preferences,
        commands.shortcuts,
        commands.image_information,
        commands.go_to,
        commands.palette,
    ):
        show()
        QCoreApplication.processEvents()
        for dialog in window.findChildren(QDialog):
            look(dialog, dialog.windowTitle())
            dialog.close()
    assert not nameless


def test_what_has_the_keyboard_is_marked(opened: Desk) -> None:
    window = opened.window
    opened.editor.apply_now(make("threshold", {"lower": 400}))
    opened.wiring.operations.choose("threshold")
    opened.wait()
    unmarked = []
    for widget in list(focusable(window)):
        # A page of tabs is a frame; and Qt keeps tabs of panels that stand alone far out of sight.
        if not widget.isVisible() or not widget.isEnabled() or isinstance(widget, QTabWidget) or widget.x() < -100:
            continue
        nobody = window.docks["history"]
        widget.setFocus(Qt.FocusReason.TabFocusReason)
        if QApplication.focusWidget() is not widget:
            continue
        # As a press of Tab has Qt do.
        window.setAttribute(Qt.WidgetAttribute.WA_KeyboardFocusChange)
        QCoreApplication.processEvents()
        with_keys = seen(widget)
        nobody.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        nobody.setFocus(Qt.FocusReason.TabFocusReason)
        QCoreApplication.processEvents()
        if seen(widget) == with_keys:
            unmarked.append(f"{type(widget).__name__} {widget.accessibleName()!r}")
    assert not unmarked


def seen(widget: QWidget) -> QImage:
    """Return a widget and a little of what is round it, as it is drawn."""
    window = widget.window()
    assert window is not None
    place = widget.mapTo(window, widget.rect().topLeft())
    return window.grab(widget.rect().translated(place).adjusted(-3, -3, 3, 3)).toImage()


def test_tab_goes_round_what_is_seen_and_comes_to_the_planes(opened: Desk, driver: Driver) -> None:
    window = opened.window
    first = window.views.views[Plane.AXIAL].canvas
    first.setFocus()
    met = []
    while len(met) < 400:
        driver.key("Tab")
        widget = QApplication.focusWidget()
        assert widget is not None
        assert widget.isVisible()
        assert window.rect().contains(widget.mapTo(window, widget.rect().center())), widget
        met.append(widget)
        if widget is first:
            break
    assert met[-1] is first
    assert {view.canvas for view in window.views.views.values()} <= set(met)
    assert {window.histogram.ends.low, window.histogram.ends.high, opened.wiring.operations.list.search} <= set(met)


def test_tab_comes_to_what_was_made_later_where_it_stands(opened: Desk, driver: Driver) -> None:
    window, operations = opened.window, opened.wiring.operations
    opened.wiring.toolbox.choose("brush")

    def met_from(start: QWidget, count: int) -> list[QWidget | None]:
        start.setFocus(Qt.FocusReason.TabFocusReason)
        met = []
        for _ in range(count):
            driver.key("Tab")
            met.append(QApplication.focusWidget())
        return met

    for id in ("keep_largest", "opening"):  # the form of a second one, too
        operations.list.choose(id)
        form = operations.fields.form
        assert form is not None
        stops = [field.focusProxy() for field in form.fields.values() if field.isVisible()]
        assert met_from(operations.list.list, len(stops) + 1) == [*stops, operations.fields.where_button]
    operations.fields.where_button.setChecked(True)
    where = operations.fields.where
    assert where is not None
    limits = {field.focusProxy() for field in where.fields.values() if field.isVisible()}
    assert limits <= set(met_from(operations.fields.where_button, len(limits) + 2))
    images = window.findChild(ImagesPanel)
    assert images is not None
    row = images.rows[0]
    assert met_from(images.list, 2) == [row.eye, row.slider]
    options = window.findChild(OptionsBar)
    assert options is not None
    assert options.form is not None
    radius, *_ = (field.focusProxy() for field in options.form.fields.values())
    assert radius is not None
    met = met_from(radius, 12)
    # All of the bar, before anything else of the window.
    in_bar = [options.isAncestorOf(one) for one in met if one is not None]
    assert in_bar == sorted(in_bar, reverse=True)
    assert in_bar.count(True) > 3


def test_an_operation_that_is_found_by_words_is_set_and_applied_at_once(opened: Desk, driver: Driver) -> None:
    over(opened, driver, Plane.AXIAL)
    tool = opened.wiring.toolbox.chosen
    opened.wiring.commands.palette()
    driver.settle()
    opened.wiring.operations.choose("threshold")
    # What is chosen has the keyboard only once the dialog hands it back.
    (dialog,) = (one for one in opened.window.findChildren(QDialog) if one.isVisible())
    dialog.close()
    opened.window.activateWindow()
    driver.settle()
    driver.type("40")
    driver.key("Tab")
    driver.type("90")
    driver.key("Return")
    opened.wait()
    assert opened.wiring.toolbox.chosen == tool
    data = phantoms.head()
    expected = (data >= 40) & (data <= 90)
    assert expected.any()
    np.testing.assert_array_equal(opened.mask(), expected)


def test_a_key_goes_from_part_to_part_of_the_window(opened: Desk, driver: Driver) -> None:
    window = opened.window
    over(opened, driver, Plane.CORONAL)
    parts = []
    for _ in range(12):
        driver.key("Ctrl+F6")
        widget = QApplication.focusWidget()
        assert widget is not None
        if widget is window.views.views[Plane.CORONAL].canvas:
            break
        docks = [id for id, dock in window.docks.items() if dock.isAncestorOf(widget)]
        parts += docks or ["histogram" if window.histogram.isAncestorOf(widget) else "?"]
    assert parts == ["histogram", "operations", "rois", "images", "history"]


# The planes -----------------------------------------------------------------------------------------------------------


def over(desk: Desk, driver: Driver, plane: Plane) -> QWidget:
    """Put the pointer over a plane."""
    canvas = desk.window.views.views[plane].canvas
    driver.move(canvas, (5, 5))
    driver.move(canvas, middle(canvas))
    driver.settle()
    return canvas


def test_a_stroke_is_drawn_by_keys_alone(opened: Desk, driver: Driver) -> None:
    over(opened, driver, Plane.CORONAL)
    opened.wiring.toolbox.choose("brush")
    start = opened.editor.viewer.state.crosshair
    driver.key_down("P")
    for key in ("Right", "Right", "Down"):
        driver.key(key)
    driver.key_up("P")
    opened.wait()
    assert [step.operation.id for step in opened.document.timeline] == ["paint"]
    stop = opened.editor.viewer.state.crosshair
    assert np.abs(np.subtract(stop, start)).sum() == 3
    mask = opened.mask()
    assert mask[start]
    assert mask[stop]
    # As the right button: it erases.
    with driver.holding("Shift"):
        driver.key_down("P")
        driver.key_up("P")
    opened.wait()
    assert [step.operation.id for step in opened.document.timeline] == ["paint", "paint"]
    assert not opened.mask()[stop]
    # Escape gives it up, and the next one is drawn as ever.
    driver.key_down("P")
    driver.key("Right")
    driver.key("Esc")
    driver.key_up("P")
    opened.wait()
    assert len(opened.document.timeline) == 2
    driver.key("P")
    opened.wait()
    assert len(opened.document.timeline) == 3


def test_what_a_key_drew_at_the_crosshair_is_pointed_at_no_longer(opened: Desk, driver: Driver) -> None:
    """Where the keyboard is in a plane and the pointer in none: else each click in another told that place again."""
    views = opened.window.views
    over(opened, driver, Plane.CORONAL)
    driver.move(opened.window.histogram.ends, (5, 5))
    driver.key("P")
    told: list[object] = []
    views.hovered.connect(told.append)
    axial = over(opened, driver, Plane.AXIAL)
    across, down = middle(axial)
    driver.click(axial, (across + 7, down + 5))
    opened.wait()
    assert views.current is Plane.AXIAL
    assert views.pointed == opened.editor.viewer.state.crosshair
    assert np.rint(told[-1]).tolist() == list(opened.editor.viewer.state.crosshair)  # type: ignore[call-overload]


def test_the_view_under_the_pointer_takes_the_keys(opened: Desk, driver: Driver) -> None:
    for plane in Plane:
        field = opened.wiring.operations.list.search
        driver.click(field)
        assert QApplication.focusWidget() is field
        takes_keys(opened, driver, plane)
    opened.editor.apply_now(make("threshold", {"lower": 400}))
    for layout, view in ((Layout.MONTAGE, opened.wiring.montage.view), (Layout.FOUR, opened.wiring.surface)):
        opened.window.views.choose(layout)
        opened.wait()
        driver.click(opened.wiring.operations.list.search)
        driver.move(view, (5, 5))
        driver.move(view, middle(view))
        driver.settle()
        assert QApplication.focusWidget() is view
        before = opened.editor.viewer.state.outline
        driver.key("O")
        assert opened.editor.viewer.state.outline is not before
    turned = opened.wiring.surface.orbit
    driver.key("Left")
    assert opened.wiring.surface.orbit != turned


def takes_keys(opened: Desk, driver: Driver, plane: Plane) -> None:
    """See that keys go to a plane once the pointer is over it."""
    canvas = over(opened, driver, plane)
    assert QApplication.focusWidget() is canvas
    normal = opened.editor.viewer.plane_map(plane).normal
    before = opened.editor.viewer.state
    driver.key("PgUp")
    moved = np.subtract(opened.editor.viewer.state.crosshair, before.crosshair)
    assert [axis for axis in range(3) if moved[axis]] == [normal]
    driver.key("O")
    assert opened.editor.viewer.state.outline is not before.outline


KEYS = "omdasvx1[-,."


def test_in_every_field_of_text_letters_are_text(opened: Desk, driver: Driver) -> None:
    window = opened.window
    for dock in window.docks.values():
        dock.show()
    opened.editor.add_roi("other")
    opened.wait()
    kinds: set[str] = set()
    state, tool = opened.editor.viewer.state, opened.wiring.toolbox.chosen
    hands = opened.editor.active
    for cls in with_all_kinds():
        opened.wiring.operations.choose(cls.id)
        for widget in list(focusable(window)):
            if sip.isdeleted(widget):  # with the form that another text has closed
                continue
            is_text = isinstance(widget, QLineEdit | QPlainTextEdit | QAbstractSpinBox) or (
                isinstance(widget, QComboBox) and widget.isEditable()
            )
            kind = f"{type(widget).__name__} in {type(widget.parent()).__name__}"
            if not is_text or kind in kinds or not widget.isVisible() or not widget.isEnabled():
                continue
            widget.setFocus()
            if QApplication.focusWidget() is not widget:
                continue
            kinds.add(kind)
            for key in KEYS:
                driver.key_down(key)
                driver.key_up(key)
            if isinstance(widget, QLineEdit) and widget.validator() is None and not widget.inputMask():
                assert KEYS in widget.text().lower(), kind
            widget.window().setFocus()
    assert len(kinds) > 6
    now = opened.editor.viewer.state
    for name in ("outline", "masks_hidden", "opacity", "overlays_hidden", "chosen_image"):
        assert getattr(now, name) == getattr(state, name), name
    assert opened.wiring.toolbox.chosen == tool
    assert opened.editor.active == hands


def test_after_enter_in_a_number_undo_takes_back_the_step_and_not_the_digits(opened: Desk, driver: Driver) -> None:
    panel = opened.wiring.operations
    panel.choose("threshold")
    opened.wait()
    low = field(opened, "lower")
    assert isinstance(low, NumberField)
    driver.click(low)
    driver.key("Ctrl+A")
    driver.type("300")
    driver.key("Return")
    opened.wait()
    assert opened.mask().any()
    driver.key("Ctrl+Z")
    opened.wait()
    assert not opened.mask().any()
    assert low.value() == 300
    driver.key("Ctrl+Y")
    opened.wait()
    assert opened.mask().any()
    # What is typed and not applied yet is taken back first.
    driver.type("40")
    driver.key("Ctrl+Z")
    opened.wait()
    assert low.value() == 300
    assert opened.mask().any()
