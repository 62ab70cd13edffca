"""Preferences: drawn from their declaration, followed at once wherever they show, kept, and doubted aloud."""

from __future__ import annotations

import json
from pathlib import Path

import nibabel
import pytest
from PyQt6.QtCore import Qt
from PyQt6.QtWidgets import QApplication, QComboBox, QWidget
from pytestqt.qtbot import QtBot

from maskeditor.core.operation.parameters import Role, parameters_of
from maskeditor.model.preferences import Page, Preferences, on_page, page_of, read, written
from maskeditor.ui.look.kept import keep, kept
from maskeditor.ui.look.theme import is_dark
from maskeditor.ui.main_window.preferences_dialog import PreferencesDialog
from maskeditor.ui.main_window.window import MainWindow
from maskeditor.ui.work.preferred import Preferred
from tests import phantoms
from tests.ui.conftest import Desk, OpenDesk
from tests.ui.drivers import Driver, wait_until


@pytest.fixture
def opened(desk: Desk, tmp_path: Path) -> Desk:
    nibabel.save(nibabel.Nifti1Image(phantoms.head(), phantoms.affine("anisotropic")), tmp_path / "head.nii")
    desk.open(tmp_path / "head.nii")
    return desk


def dialog_of(desk: Desk) -> PreferencesDialog:
    """Return the dialog, opened by its key."""
    (dialog,) = desk.window.findChildren(PreferencesDialog)
    return dialog


def test_each_preference_is_declared_whole_and_drawn_once() -> None:
    declared = parameters_of(Preferences)
    for one in declared:
        assert one.title
        assert one.description.endswith(".")
        assert page_of(one.name) in Page
        if one.minimum is not None:
            assert one.minimum <= one.default <= one.maximum
    shown = [one.name for page in Page for one in on_page(page)]
    assert sorted(shown) == sorted(one.name for one in declared if one.role is not Role.HIDDEN)


@pytest.mark.parametrize(
    ("name", "text", "said"),
    [
        ("theme", '"blue"', "one of system, light, dark"),
        ("opacity", "2", "a number from 0 to 1"),
        ("radiological", '"yes"', "true or false"),
        ("undo_memory", "17", "one of 16"),
        ("own_keys", "[1]", "it is as usual now"),
        ("theme", "not JSON", "one of system"),
        ("no_such", "1", "There is no preference 'no_such'"),
    ],
)
def test_what_cannot_be_read_is_as_usual_and_said(name: str, text: str, said: str) -> None:
    found, findings = read({name: text, "smooth": "true"})
    assert found == Preferences(smooth=True)
    assert len(findings) == 1
    assert said in findings[0]


def test_what_is_written_is_read_again() -> None:
    ours = Preferences(theme="dark", opacity=0.25, own_keys={"undo": ("U",), "redo": ()})
    texts = {name: text for name in Preferences.model_fields if (text := written(ours, name)) is not None}
    assert set(texts) == {"theme", "opacity", "own_keys"}
    assert read(texts) == (ours, ())


def test_a_broken_preference_is_told_once_the_window_stands(open_desk: OpenDesk) -> None:
    keep("theme", '"blue"')
    desk = open_desk()
    assert "'Theme' is \"blue\"" in desk.window.statusBar().findChild(QWidget, "sentence").text()
    assert desk.editor.preferred.value.theme == "system"


def test_every_field_of_the_dialog_acts_at_once_and_is_kept(opened: Desk, driver: Driver, open_desk: OpenDesk) -> None:
    driver.key("Ctrl+,")
    dialog = dialog_of(opened)
    state = opened.editor.viewer.state
    for name, key in (("radiological", "Ctrl+R"), ("outline", "O")):
        field = dialog.forms[Page.VIEWS].fields[name]
        before = getattr(state, name)
        driver.click(field.focusProxy(), (8, field.height() / 2))
        assert getattr(opened.editor.viewer.state, name) is not before
        # The menu and its key are the same preference, and the dialog follows them.
        opened.wiring.actions[{"radiological": "radiological", "outline": "outline"}[name]].trigger()
        assert field.value() is before
        assert key
    field = dialog.forms[Page.VIEWS].fields["opacity"]
    field.focusProxy().setFocus()
    field.focusProxy().selectAll()
    driver.type("0.7")
    driver.key("Tab")
    assert opened.editor.viewer.state.opacity == 0.7
    dialog.go_to("theme")
    box = dialog.forms[Page.WINDOW].fields["theme"].focusProxy()
    assert isinstance(box, QComboBox)
    driver.key("Down")
    driver.key("Down")
    assert is_dark(opened.window.palette())
    # Kept once the hand rests, as settings are a file.
    wanted = {"opacity": 0.7, "theme": "dark"}
    wait_until(lambda: {name: json.loads(text) for name, text in kept().items()} == wanted, "preferences to be kept")
    other = open_desk()
    assert other.editor.viewer.state.opacity == 0.7
    assert is_dark(other.window.palette())


def test_what_was_chosen_a_moment_before_the_end_is_kept(desk: Desk) -> None:
    desk.editor.preferred.change(outline=True)
    assert kept() == {}
    desk.wiring.close()
    assert kept() == {"outline": "true"}


def test_a_slider_that_is_dragged_does_not_write_the_settings_at_each_step(
    qapp: QApplication, monkeypatch: pytest.MonkeyPatch
) -> None:
    written: list[tuple[str, str | None]] = []
    monkeypatch.setattr("maskeditor.ui.work.preferred.keep", lambda name, text: written.append((name, text)))
    preferred = Preferred()
    for percent in range(100):
        preferred.change(opacity=percent / 100)
    assert not written
    preferred.keep()
    preferred.keep()
    assert written == [("opacity", "0.99")]


def test_the_dialog_is_one_fits_a_small_screen_and_puts_a_page_back(opened: Desk, driver: Driver) -> None:
    opened.editor.preferred.change(opacity=0.9, theme="light")
    opened.wiring.commands.preferences()
    dialog = dialog_of(opened)
    (button,) = (one for one in dialog.findChildren(QWidget) if getattr(one, "text", str)() == "Restore this page")
    driver.click(button)
    assert opened.editor.viewer.state.opacity == Preferences().opacity
    assert opened.editor.preferred.value.theme == "light"
    assert dialog.forms[Page.VIEWS].fields["opacity"].value() == Preferences().opacity
    opened.wiring.commands.preferences()
    assert dialog_of(opened) is dialog
    driver.settle()
    # A screen of 1366 × 768 at 200 %.
    assert dialog.minimumSizeHint().width() <= 683
    assert dialog.minimumSizeHint().height() <= 384 - 30
    assert dialog.windowModality() is Qt.WindowModality.NonModal
    driver.key("Esc")
    assert not opened.window.findChildren(PreferencesDialog)


def test_enter_takes_nothing_back(opened: Desk, driver: Driver) -> None:
    opened.editor.preferred.change(opacity=0.9)
    opened.wiring.commands.preferences()
    dialog = dialog_of(opened)
    dialog.go_to("opacity")
    driver.settle()
    driver.key("Return")
    assert opened.editor.preferred.value.opacity == 0.9
    dialog.close()


def test_the_first_image_is_seen_as_preferred(qtbot: QtBot) -> None:
    for text, radiological in (("false", False), ("7", True), (None, True)):
        keep("radiological", text)
        window = MainWindow()
        qtbot.addWidget(window)
        assert window.viewer.state.radiological is radiological
