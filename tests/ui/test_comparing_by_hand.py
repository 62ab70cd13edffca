"""Comparing two images in the window, by keys, menu, panel and mouse; and how it ends."""

from __future__ import annotations

from pathlib import Path

import pytest
from PyQt6.QtWidgets import QMenu

from maskeditor.core.operation.declaration import make
from maskeditor.core.space.geometry import Plane
from maskeditor.model.view.comparison import HOWS, Comparison, How
from maskeditor.ui.main_window.compare_bar import CompareBar
from maskeditor.ui.main_window.menus import action_of
from maskeditor.ui.qt import sure
from maskeditor.ui.views.canvas import Canvas
from tests.ui.conftest import Desk
from tests.ui.drivers import Driver, wait_until
from tests.ui.test_images_by_hand import add, coarse, head, opened, panel, row, stat  # noqa: F401 - fixtures

KEYS = dict(zip(HOWS, ("F5", "F6", "F7", "F8", "F9"), strict=True))


@pytest.fixture
def two(opened: Desk, stat: Path) -> Desk:  # noqa: F811
    add(opened, stat)
    return opened


def comparison(desk: Desk) -> Comparison | None:
    compared = desk.editor.viewer.compared
    return compared[0] if compared is not None else None


def canvas_of(desk: Desk, plane: Plane = Plane.AXIAL) -> Canvas:
    return desk.window.views.views[plane].canvas


def bar_of(desk: Desk) -> CompareBar:
    (found,) = desk.window.findChildren(CompareBar)
    return found


def test_each_way_has_a_key_a_menu_and_a_button_and_ends(two: Desk, driver: Driver) -> None:
    menu = sure(panel(two).compare_button.menu())
    assert isinstance(menu, QMenu)
    bar = bar_of(two)
    assert not bar.isVisible()
    for how in HOWS:
        driver.key(KEYS[how])
        assert comparison(two) == Comparison("stat", how)
        assert bar.isVisible()
        driver.key("Esc")
        assert comparison(two) is None
        assert not bar.isVisible()
        action = two.wiring.actions[action_of(how)]
        assert action in menu.actions()
        assert action in two.wiring.actions.submenus["Images"].actions()
        action.trigger()
        assert comparison(two) == Comparison("stat", how)
        # The button of the way that is on, and the cross, lead out by a click.
        driver.click(bar.buttons[how])
        assert comparison(two) is None
        driver.key(KEYS[how])
        driver.click(bar.close_button)
        assert comparison(two) is None
    assert two.document.timeline == ()
    assert not two.document.history.can_undo


def test_the_chosen_image_is_compared(two: Desk, driver: Driver, stat: Path) -> None:  # noqa: F811
    add(two, stat)
    driver.click(row(two, "stat").label)
    driver.key("F6")
    assert comparison(two) == Comparison("stat", "blend")
    # With another one chosen, the same key compares with that.
    driver.click(row(two, "stat2").label)
    driver.key("F6")
    assert comparison(two) == Comparison("stat2", "blend")
    driver.key("F6")
    assert comparison(two) is None


def test_without_a_further_image_a_sentence_says_so(opened: Desk, driver: Driver) -> None:  # noqa: F811
    heard: list[str] = []
    opened.editor.message.connect(heard.append)
    driver.key("F8")
    assert heard == ["There is no further image to compare with; add one by File ▸ Add image…."]
    assert comparison(opened) is None


def test_the_line_is_dragged_and_a_click_beside_it_is_the_tools(two: Desk, driver: Driver) -> None:
    driver.key("F8")
    driver.settle()
    canvas = canvas_of(two)
    assert canvas.map is not None
    middle = canvas.camera.to_pixels(canvas.map.size[0] / 2, 0)[0]
    crosshair = two.editor.viewer.state.crosshair
    driver.drag(canvas, [(middle, 40), (middle + 10, 40), (middle + 30, 60)])
    now = comparison(two)
    assert now is not None
    assert now.share == pytest.approx(0.5 + 30 / canvas.camera.scale / canvas.map.size[0], abs=0.02)
    assert two.editor.viewer.state.crosshair == crosshair
    driver.click(canvas, (middle, canvas.height() / 2 - 20))
    assert comparison(two) == now
    assert two.editor.viewer.state.crosshair != crosshair


def test_both_pictures_side_by_side_have_one_pointer(two: Desk, driver: Driver) -> None:
    driver.key("F5")
    driver.settle()
    canvas, viewer = canvas_of(two), two.editor.viewer
    assert canvas.pictures == 2
    assert [label.text for label in canvas.names] == ["head", "stat"]
    # The colours are not cut where there is no room for them.
    assert canvas.key.is_shown == (canvas.key.size[0] < canvas.room - 8)
    x, y = canvas.room / 2 - 12, canvas.height() / 2 - 9
    driver.click(canvas, (x, y))
    crosshair = viewer.state.crosshair
    viewer.set_crosshair((0, 0, 0))
    viewer.set_crosshair((*(viewer.state.crosshair[:2]), crosshair[2]))
    driver.click(canvas, (canvas.left_of(1) + x, y))
    assert viewer.state.crosshair == crosshair
    # A drag stays in the picture that it has begun in.
    driver.drag(canvas, [(x, y), (canvas.left_of(1) + x, y)])
    assert viewer.state.crosshair[0] in (0, two.document.geometry.shape[0] - 1)
    driver.key("Esc")
    assert canvas.pictures == 1
    assert canvas.room == canvas.width()


@pytest.mark.parametrize("how", ["side by side", "swipe"])
def test_a_name_does_not_stand_on_what_the_colours_mean(two: Desk, driver: Driver, how: How) -> None:
    canvas = canvas_of(two)
    driver.key(KEYS[how])
    for share in (0.3, 0.5, 0.6, 0.7):
        two.editor.viewer.change_comparison(share=share)
        assert canvas.key.is_shown
        for name in canvas.names:
            assert not name.bounds.intersects(canvas.key.bounds)
        assert canvas.names[0].bounds.top() == canvas.names[1].bounds.top()


def test_both_change_places_by_a_key_or_by_themselves(two: Desk, driver: Driver) -> None:
    driver.key("F9")
    canvas = canvas_of(two)
    assert canvas.names[0].text == "head"
    two.editor.viewer.change_comparison(turn=0.1)
    wait_until(lambda: canvas.names[0].text == "stat")
    wait_until(lambda: canvas.names[0].text == "head")
    driver.key("S")
    now = comparison(two)
    assert now is not None
    assert not now.plays
    driver.key("S")
    assert comparison(two) == now.changed(swapped=not now.swapped)
    driver.click(bar_of(two).play)
    playing = comparison(two)
    assert playing is not None
    assert playing.plays
    driver.key("F6")
    driver.click(bar_of(two).slider, (3, bar_of(two).slider.height() / 2))
    blend = comparison(two)
    assert blend is not None
    assert blend.share < 0.5


def test_keys_hide_and_swap_images(two: Desk, driver: Driver, stat: Path) -> None:  # noqa: F811
    add(two, stat)
    names = [row.name for row in panel(two).rows]
    assert names == ["", "stat", "stat2"]
    driver.key("S")
    assert [row.name for row in panel(two).rows] == ["", "stat2", "stat"]
    assert panel(two).chosen == "stat2"
    driver.key("Shift+V")
    assert [display.name for display, _ in two.editor.viewer.overlays] == ["stat"]
    driver.click(row(two, "").label)
    driver.key("Shift+V")
    assert not two.editor.viewer.state.image_visible
    driver.click(row(two, "").eye)
    assert two.editor.viewer.state.image_visible


def test_a_derived_image_is_worked_out_to_be_compared_and_stays_hidden(opened: Desk, driver: Driver) -> None:  # noqa: F811
    opened.editor.apply(make("smooth", {"name": "soft", "fwhm": 6}))
    opened.wait()
    driver.key("F7")
    opened.wait()
    assert comparison(opened) == Comparison("soft", "checkerboard")
    opened.editor.undo()
    opened.wait()
    assert comparison(opened) is None  # it is not there
    opened.editor.redo()
    opened.wait()
    assert comparison(opened) == Comparison("soft", "checkerboard")
    driver.key("Esc")
    assert "soft" not in opened.editor.viewer.images


def test_what_is_compared_goes_with_the_session(two: Desk, head: Path) -> None:  # noqa: F811
    two.editor.comparing.start("swipe")
    two.editor.viewer.change_comparison(share=0.25)
    two.editor.viewer.change(image_opacity=0.5)
    path = head.with_name("work.maskeditor")
    assert two.editor.session is not None
    two.editor.session.save_session(path)
    two.open(head)
    assert comparison(two) is None
    assert two.editor.viewer.state.image_opacity == 1
    two.open(path)
    assert comparison(two) == Comparison("stat", "swipe", share=0.25)
    assert two.editor.viewer.state.image_opacity == 0.5
    two.editor.displays.remove("stat")
    assert two.editor.viewer.state.comparison is None


def test_images_are_laid_over_one_another_by_dragging(two: Desk, driver: Driver, stat: Path) -> None:  # noqa: F811
    add(two, stat)
    shown = panel(two)
    for dragged, before, expected in ((2, 1, ["", "stat2", "stat"]), (1, 3, ["", "stat", "stat2"]), (2, 0, None)):
        shown.list.dropped.emit(dragged, before)
        assert [row.name for row in shown.rows] == (expected or ["", "stat2", "stat"])
    shown.list.dropped.emit(0, 3)  # the open image stays below all
    assert [row.name for row in shown.rows] == ["", "stat2", "stat"]
