"""What this program is, and what it is made of: versions and licences."""

from __future__ import annotations

import platform
import re
from importlib.metadata import Distribution, PackageNotFoundError, distribution
from typing import NamedTuple

from PyQt6.QtCore import PYQT_VERSION_STR, QT_VERSION_STR
from PyQt6.QtWidgets import QDialog, QDialogButtonBox, QLabel, QVBoxLayout, QWidget

from maskeditor.ui.dialogs import table
from maskeditor.version import __version__

TEXT = (
    "maskeditor {version}\n\nAn editor for masks of MRI and CT volumes, whose masks are recipes: every step can be "
    "undone, changed and replayed.\n\nFree software under the GNU General Public License, version 3 or later, without "
    "any warranty. It is made of the software below, each under its own licence. Not a medical device."
)
#: Licences as classifiers of packages name them.
_CLASSIFIER = re.compile(r"^License :: (?:OSI Approved :: )?(.+)$")
#: Letters of a licence beyond which it is the licence itself, not its name.
_LONGEST_LICENCE = 60


class Part(NamedTuple):
    """A package that the program is made of."""

    name: str
    version: str
    licence: str


def parts() -> tuple[Part, ...]:
    """Return all that is installed for the program, and what that takes, by name."""
    found: dict[str, Part] = {}
    wanted = ["maskeditor"]
    while wanted:
        name = wanted.pop()
        try:
            one = distribution(name)
        except PackageNotFoundError:
            continue  # of another system, or an extra
        known = one.metadata["Name"].lower()
        if known not in found:
            found[known] = Part(one.metadata["Name"], one.version, licence(one))
            wanted += [re.split(r"[^\w.-]", line)[0] for line in one.requires or () if "extra ==" not in line]
    found.pop("maskeditor", None)
    own = (
        Part("Python", platform.python_version(), "PSF-2.0"),
        Part("Qt", f"{QT_VERSION_STR}, by PyQt {PYQT_VERSION_STR}", "LGPL-3.0; PyQt: GPL-3.0"),
    )
    return (*own, *(found[name] for name in sorted(found)))


def licence(one: Distribution) -> str:
    """Return what a package says of its licence, in few words."""
    said = next((text for key in ("License-Expression", "License") for text in one.metadata.get_all(key) or ()), "")
    if said and len(said) <= _LONGEST_LICENCE and "\n" not in said:
        return said
    classified = [match[1] for line in one.metadata.get_all("Classifier") or () if (match := _CLASSIFIER.match(line))]
    return ", ".join(classified) or said.strip().partition("\n")[0][:_LONGEST_LICENCE] or "see its files"


class AboutDialog(QDialog):
    """Shows what the program is and what it is made of."""

    def __init__(self, parent: QWidget) -> None:
        super().__init__(parent)
        self.setWindowTitle("About maskeditor")
        text = QLabel(TEXT.format(version=__version__))
        text.setWordWrap(True)
        self.table = table(("Part", "Version", "Licence"), parts(), "What the program is made of")
        buttons = QDialogButtonBox(QDialogButtonBox.StandardButton.Close)
        buttons.rejected.connect(self.reject)
        layout = QVBoxLayout(self)
        layout.addWidget(text)
        layout.addWidget(self.table)
        layout.addWidget(buttons)
        self.resize(640, 480)
