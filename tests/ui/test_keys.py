"""Keys: each starts one thing, is chosen by pressing it, and is named so wherever it is named."""

from __future__ import annotations

import re
from collections import Counter
from pathlib import Path

import nibabel
import pytest
from hypothesis import given
from hypothesis import strategies as st
from PyQt6.QtGui import QKeySequence
from PyQt6.QtWidgets import QDialog, QTableWidget

from maskeditor.core.operation.parameters import parameters_of
from maskeditor.core.space.geometry import Plane
from maskeditor.model.preferences import Page, Preferences, page_of
from maskeditor.ui.look.key_sets import KEY_SETS
from maskeditor.ui.look.keys import Keyed, Keys, plain, resolved
from maskeditor.ui.main_window.gestures import GESTURES
from maskeditor.ui.main_window.keys_page import FIXED
from maskeditor.ui.main_window.menus import keyed
from maskeditor.ui.main_window.preferences_dialog import PreferencesDialog
from maskeditor.ui.main_window.tour import STOPS
from maskeditor.ui.views.view_keys import VIEW_KEYS
from tests import phantoms
from tests.ui.conftest import Desk
from tests.ui.drivers import Driver, middle

ALL = (*keyed(), *VIEW_KEYS)
KNOWN = {one.id: one for one in ALL}
_SOME = st.dictionaries(
    st.sampled_from([one.id for one in ALL[:12]]), st.lists(st.sampled_from("ABSM+,"), max_size=3).map(tuple)
)


@pytest.fixture
def opened(desk: Desk, tmp_path: Path) -> Desk:
    nibabel.save(nibabel.Nifti1Image(phantoms.head(), phantoms.affine("anisotropic")), tmp_path / "head.nii")
    desk.open(tmp_path / "head.nii")
    return desk


@pytest.fixture
def dialog(opened: Desk, driver: Driver) -> PreferencesDialog:
    driver.key("Ctrl+,")
    (made,) = opened.window.findChildren(PreferencesDialog)
    made.go_to("key_set")
    driver.settle()
    return made


def press_for(dialog: PreferencesDialog, driver: Driver, id: str, key: str) -> None:
    """Choose what a key is to start, and press the key in the field."""
    page = dialog.keys
    page.choose(id)
    page.key.clear()
    driver.click(page.key)
    driver.key(key)
    driver.settle()


def test_every_key_is_a_key_and_starts_one_thing() -> None:
    counts = Counter(plain(key) for one in ALL for key in one.keys)
    assert max(counts.values()) == 1
    assert "" not in counts


def test_every_key_starts_in_the_window_what_the_list_says(opened: Desk, driver: Driver) -> None:
    """What it starts is noted, and not carried out: some of it asks for a file, or ends the program."""
    started: list[str] = []
    for one in keyed():
        action = opened.wiring.actions[one.id]
        action.triggered.disconnect()
        action.triggered.connect(lambda _, id=one.id: started.append(id))
        action.setEnabled(True)
    canvas = opened.window.views.views[Plane.CORONAL].canvas
    driver.move(canvas, middle(canvas))
    driver.settle()
    pressed = [(key, one.id) for one in keyed() for key in one.keys]
    for key, _ in pressed:
        driver.key(key)
    assert started == [id for _, id in pressed]


@pytest.mark.parametrize("name", KEY_SETS)
def test_a_set_of_keys_names_what_there_is_and_takes_each_key_once(name: str) -> None:
    assert KEY_SETS[name].keys() <= KNOWN.keys()
    keys, findings = resolved(ALL, {}, KEY_SETS[name])
    assert not findings
    for id, wanted in KEY_SETS[name].items():
        assert keys[id] == tuple(map(plain, wanted))


def test_there_is_a_set_for_each_choice() -> None:
    (declared,) = (one for one in parameters_of(Preferences) if one.name == "key_set")
    assert declared.choices == tuple(KEY_SETS)
    assert page_of("key_set") is Page.KEYS


@pytest.mark.parametrize(
    ("name", "id", "keys"),
    [
        ("ITK-SNAP", "mask_visible", ("S",)),
        ("ITK-SNAP", "crosshair", ("Shift+X",)),
        ("ITK-SNAP", "swap_images", ()),
        ("3D Slicer", "undo", ("Z", "Ctrl+Z")),
        ("3D Slicer", "next_roi", ("W",)),
        ("3D Slicer", "brush_3d", ()),
        ("FSLeyes", "redo", ("Ctrl+Y",)),
        ("FSLeyes", "save_mask", ("Ctrl+Shift+S",)),
        ("FSLeyes", "reset_view", ("Alt+R",)),
    ],
)
def test_sets_are_true_to_their_programs(name: str, id: str, keys: tuple[str, ...]) -> None:
    assert resolved(ALL, {}, KEY_SETS[name])[0][id] == keys


@given(_SOME, _SOME)
def test_whatever_is_wanted_no_key_starts_two_things(
    own: dict[str, tuple[str, ...]], of_set: dict[str, tuple[str, ...]]
) -> None:
    keys, findings = resolved(ALL, own, of_set)
    counts = Counter(key for found in keys.values() for key in found)
    assert max(counts.values()) == 1
    # What is wanted twice is said, and the rest is as it is wanted.
    for id, wanted in own.items():
        assert set(keys[id]) == set(wanted) or findings


def test_a_key_is_chosen_by_pressing_it(opened: Desk, dialog: PreferencesDialog, driver: Driver) -> None:
    press_for(dialog, driver, "outline", "J")
    assert dialog.keys.note.text() == "J starts nothing yet."
    driver.click(dialog.keys.set_button)
    action = opened.wiring.actions["outline"]
    assert action.shortcuts() == [QKeySequence("J")]
    assert action.toolTip().endswith("(J)")
    dialog.close()
    opened.window.activateWindow()
    driver.settle()
    before = opened.editor.viewer.state.outline
    driver.key("O")
    assert opened.editor.viewer.state.outline is before
    driver.key("J")
    assert opened.editor.viewer.state.outline is not before
    # F1 names it, and what was started by nothing else now has no key.
    driver.key("F1")
    (listed,) = (one for one in opened.window.findChildren(QDialog) if one.windowTitle() == "Keys and mouse")
    table = listed.findChild(QTableWidget)
    rows = {table.item(row, 1).text(): table.item(row, 0).text() for row in range(table.rowCount())}
    assert rows["Outline only"] == "J"
    assert rows["Next slice"] == "PgUp"


def test_no_text_names_a_key_that_may_be_another() -> None:
    texts = [*(text for gesture in GESTURES for text in gesture), *(one.tip for one in ALL), *(s.text for s in STOPS)]
    # Those of one letter but "A", a word, and those of a name; digits are counts, signs end sentences.
    named = {key for one in ALL for key in one.keys if re.fullmatch("[B-Z]|[A-Z][a-z]+|F[0-9]+", key)}
    said = {(key, text) for text in texts for key in named if re.search(rf"(?<![{{\w]){key}(?![\w}}])", text)}
    assert {key for key, _ in said} <= {"Left", "Right", "Down", "Up"}, said


def test_no_key_is_both_fixed_and_to_be_chosen() -> None:
    fixed = FIXED.partition(" while ")[0].replace("Escape", "Esc").replace("Enter", "Return")
    assert {plain(key) for key in re.findall(r"[A-Z]\w+", fixed)}.isdisjoint(
        plain(key) for one in ALL for key in one.keys
    )


def test_a_conflict_is_named_with_what_it_belongs_to(opened: Desk, dialog: PreferencesDialog, driver: Driver) -> None:
    press_for(dialog, driver, "outline", "M")
    assert dialog.keys.note.text() == "M starts Show masks (View). Set and Add take it from there."
    driver.click(dialog.keys.add_button)
    keys = opened.window.keys
    assert keys.of("outline") == ("O", "M")
    assert keys.of("mask_visible") == ("Ctrl+H",)
    assert "({mask_visible})" not in opened.window.keys.in_words("x ({mask_visible})")
    driver.click(dialog.keys.none_button)
    assert keys.of("outline") == ()
    driver.click(dialog.keys.usual_button)
    assert keys.of("outline") == ("O",)


def test_a_key_of_ones_own_is_taken_from_what_it_started(
    opened: Desk, dialog: PreferencesDialog, driver: Driver
) -> None:
    opened.editor.preferred.change(own_keys={"mask_visible": ("G", "J")})
    press_for(dialog, driver, "outline", "G")
    driver.click(dialog.keys.set_button)
    assert opened.window.keys.of("outline") == ("G",)
    assert opened.window.keys.of("mask_visible") == ("J",)
    assert opened.window.keys.findings == []


def test_keys_of_the_planes_are_chosen_as_all_others(opened: Desk, driver: Driver) -> None:
    opened.editor.preferred.change(own_keys={"slice_up": ("N",), "hide_masks": ("J",)})
    driver.move(opened.window.views.views[opened.window.views.current].canvas, (60, 60))
    state = opened.editor.viewer.state
    driver.key("N")
    assert opened.editor.viewer.state.crosshair != state.crosshair
    driver.key("PgUp")
    driver.key_down("H")
    assert not opened.editor.viewer.state.masks_hidden
    driver.key_up("H")
    driver.key_down("J")
    assert opened.editor.viewer.state.masks_hidden
    driver.key_up("J")
    assert not opened.editor.viewer.state.masks_hidden


def test_an_operation_has_no_key_until_it_is_given_one(opened: Desk, driver: Driver) -> None:
    assert opened.window.keys.of("operation_dilation") == ()
    opened.editor.preferred.change(own_keys={"operation_dilation": ("Shift+F12",), "outline": ("F12",)})
    assert opened.window.keys.findings == []
    driver.key("Shift+F12")
    assert opened.wiring.operations.heading.text() == "Dilation"
    (action,) = (one for one in opened.window.actions() if one.objectName() == "operation_dilation")
    assert action.shortcut() == QKeySequence("Shift+F12")


def test_a_set_of_keys_is_taken_at_once_and_given_back(opened: Desk, dialog: PreferencesDialog, driver: Driver) -> None:
    box = dialog.forms[Page.KEYS].fields["key_set"].focusProxy()
    box.setFocus()
    driver.key("Down")
    assert opened.editor.preferred.value.key_set == "ITK-SNAP"
    assert opened.wiring.actions["open_mask"].shortcut() == QKeySequence("Ctrl+O")
    assert not opened.wiring.actions["swap_images"].shortcuts()
    driver.key("Up")
    assert opened.wiring.actions["open_file"].shortcut() == QKeySequence("Ctrl+O")
    assert opened.wiring.actions["swap_images"].shortcut() == QKeySequence("S")


def test_a_tip_follows_the_key_that_it_names(opened: Desk) -> None:
    views, keys = opened.window.views, opened.window.keys
    button = views.views[views.current].maximise_button
    assert button.toolTip().endswith("(F11)")
    opened.editor.preferred.change(own_keys={"maximise": ("F12",)})
    assert button.toolTip().endswith("(F12)")
    opened.editor.preferred.change(own_keys={"maximise": ()})
    assert button.toolTip().endswith("share it again")
    assert keys.findings == []


def test_broken_keys_are_said_and_left_out() -> None:
    keys = Keys([Keyed("a", "One", ("A",)), Keyed("b", "Two", ("B",))])
    keys.choose({"a": ("B", "nonsense"), "b": ("B",), "no_such": ("C",)}, {})
    assert (keys.of("a"), keys.of("b")) == (("B",), ())
    assert keys.findings == [
        "There is nothing called 'no_such' to be done by a key.",
        "'nonsense' is no key, so it does not start One.",
        "B starts One, and not Two too.",
    ]


def test_the_list_of_keys_cuts_nothing_and_does_not_jump_while_one_searches(dialog: PreferencesDialog) -> None:
    page, metrics = dialog.keys, dialog.keys.list.fontMetrics()
    widths = [page.list.columnWidth(column) for column in range(3)]
    assert sum(widths) <= page.list.viewport().width()
    items = [page.list.topLevelItem(place) for place in range(page.list.topLevelItemCount())]
    assert len(items) > 100
    for item in filter(None, items):
        for column, width in enumerate(widths):
            # Qt leaves three pixels free on either side of a text.
            assert metrics.horizontalAdvance(item.text(column)) + 6 <= width, item.text(column)
    page.search.setText("undo")
    assert [page.list.columnWidth(column) for column in range(3)] == widths
