"""What was opened last: a menu lists it, and dialogs begin beside it."""

from __future__ import annotations

from pathlib import Path

from PyQt6.QtCore import QSettings, QStandardPaths

MOST = 10
#: Where it is kept in the settings.
KEY = "files/recent"


def recent() -> list[Path]:
    """Return what was opened last and is still there, newest first."""
    kept = QSettings().value(KEY, [], list) or []
    return [path for path in map(Path, kept) if path.exists()]


def remember(path: Path) -> None:
    """Put a path first among those opened last."""
    absolute = path.absolute()
    kept = [absolute, *(other for other in recent() if other != absolute)][:MOST]
    QSettings().setValue(KEY, [str(other) for other in kept])


def start_folder() -> Path:
    """Return where dialogs begin: beside what was opened last."""
    opened = recent()
    if opened:
        return opened[0].parent
    return Path(QStandardPaths.writableLocation(QStandardPaths.StandardLocation.HomeLocation))
