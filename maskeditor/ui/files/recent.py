"""What was opened last: a menu lists it, and dialogs begin beside it.

A path that says who the patient is stays in memory alone, and goes with the program.
"""

from __future__ import annotations

import os
from dataclasses import dataclass
from pathlib import Path
from time import strftime

from PyQt6.QtCore import QSettings, QStandardPaths

from maskeditor.model.session import Session

MOST = 10
#: Where it is kept in the settings.
KEY = "files/recent"


@dataclass
class _Unkept:
    """What was opened and is not kept, what the menu calls it, and how many of those kept were opened after it."""

    path: Path
    title: str
    place: int = 0


_unkept: list[_Unkept] = []


def recent() -> dict[Path, str]:
    """Return what was opened last and is still there, newest first, each with what the menu calls it."""
    found = [(path, short(path)) for path in _kept()]
    for one in reversed(_unkept):
        found.insert(one.place, (one.path, one.title))
    # `Path.exists` raises where a folder may not be looked into.
    return dict([(path, title) for path, title in found if os.path.exists(path)][:MOST])  # noqa: PTH110


def short(path: Path) -> str:
    """Return a path as it fits into a menu."""
    text = str(path)
    return text if len(text) <= 60 else f"{path.anchor}…/{'/'.join(path.parts[-2:])}"


def _kept() -> list[Path]:
    """Return what is kept; what lies on a disk that is away now may be there again."""
    return [Path(path) for path in QSettings().value(KEY, [], list) or []]


def remember(path: Path, session: Session) -> None:
    """Put what was opened, or saved as a session, first among those opened last."""
    absolute = path.absolute()
    _unkept[:] = [one for one in _unkept if one.path != absolute]
    before = _kept()
    others = [other for other in before if other != absolute]
    if session.names_patient(absolute):
        shape = " × ".join(map(str, session.document.volume.shape))
        _unkept.insert(0, _Unkept(absolute, f"{session.name}, {shape}, opened at {strftime('%H:%M')} (not kept)"))
        kept = others
    else:
        for one in _unkept:
            one.place += absolute not in before[: one.place]
        kept = [absolute, *others][:MOST]
    QSettings().setValue(KEY, [str(other) for other in kept])


def start_folder() -> Path:
    """Return where dialogs begin: beside what was opened last."""
    for path in recent():
        return path.parent
    return Path(QStandardPaths.writableLocation(QStandardPaths.StandardLocation.HomeLocation))
