"""About: all that the program is made of, with versions and licences."""

from __future__ import annotations

from importlib.metadata import version

from PyQt6.QtWidgets import QLabel

from maskeditor.ui.main_window.about import AboutDialog, parts
from maskeditor.version import __version__
from tests.ui.conftest import Desk


def test_it_names_every_part_with_its_version_and_licence() -> None:
    found = {part.name: part for part in parts()}
    assert {"Python", "Qt", "numpy", "scipy", "nilearn", "pydicom", "PyQt6", "scikit-learn"} <= found.keys()
    assert "pytest" not in found
    assert found["numpy"].version == version("numpy")
    assert "BSD" in found["numpy"].licence
    assert found["pydicom"].licence == "MIT License"
    assert all(part.licence and "\n" not in part.licence for part in found.values())
    # Nothing that the licence of the program does not go with.
    assert not [part for part in found.values() if "proprietary" in part.licence.lower()]


def test_help_shows_it(desk: Desk) -> None:
    desk.wiring.actions["about"].trigger()
    (dialog,) = desk.window.findChildren(AboutDialog)
    assert dialog.isVisible()
    assert dialog.table.rowCount() == len(parts())
    assert any(f"maskeditor {__version__}" in label.text() for label in dialog.findChildren(QLabel))
    dialog.close()
