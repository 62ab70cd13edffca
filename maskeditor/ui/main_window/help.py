"""What the Help menu shows."""

from __future__ import annotations

from PyQt6.QtWidgets import QMessageBox, QWidget

from maskeditor.ui.dialogs import show_rows
from maskeditor.ui.main_window.actions import GESTURES, entries


def show_shortcuts(parent: QWidget) -> None:
    """Show every key and every mouse gesture."""
    rows = [
        (", ".join(entry.keys), entry.text.replace("&", "").rstrip("…"), entry.tip) for entry in entries() if entry.keys
    ]
    rows += [(gesture, what[0].upper() + what[1:], "") for gesture, what in GESTURES]
    show_rows(parent, "Keys and mouse", ("Keys and mouse", "What it does", "More"), rows)


def about(parent: QWidget, version: str) -> None:
    """Show what this program is."""
    QMessageBox.about(
        parent,
        "About maskeditor",
        f"maskeditor {version}\n\nAn editor for masks of MRI and CT volumes, whose masks are recipes: every step can "
        "be undone, replayed and told.\n\nFree software under the GNU General Public License, version 3 or later.",
    )
