"""Journals that an ended program left behind."""

from __future__ import annotations

import time
from pathlib import Path
from typing import NamedTuple

from maskeditor.core.errors import FileError
from maskeditor.io.journal.file import JournalBusy, remove
from maskeditor.io.journal.journal import Journal

#: Seconds that a journal without a move is left alone: another window may just be making it.
_YOUNG = 60.0


class Leftover(NamedTuple):
    """A journal that an ended program left behind.

    Parameters
    ----------
    path : Path
    name : str
        Of the image.
    time : float
        Of the last move, in seconds since 1970.
    steps : int
        Of the timeline as it was left.
    problem : str
        Why it cannot be opened; empty when it can.
    """

    path: Path
    name: str
    time: float
    steps: int
    problem: str


def leftovers(folder: Path, ending: str) -> tuple[Leftover, ...]:
    """Return the journals in a folder that no window has open, newest first; those without a move are removed.

    Parameters
    ----------
    folder : Path
    ending : str
        Of their names.
    """
    found = [left for path in folder.glob(f"*{ending}") if (left := _leftover(path)) is not None]
    return tuple(sorted(found, key=lambda left: left.time, reverse=True))


def discard(path: Path) -> None:
    """Remove a journal that was left behind."""
    remove(path)


def _leftover(path: Path) -> Leftover | None:
    try:
        changed = path.stat().st_mtime
    except OSError:
        return None
    is_young = time.time() - changed < _YOUNG
    try:
        journal = Journal.open(path)
        try:
            about = journal.about()
        finally:
            journal.close()
    except JournalBusy:
        return None
    except FileError as error:
        return None if is_young else Leftover(path, "", changed, 0, str(error))
    now = about.get("now")
    if now is None:
        # No move was ever written.
        if not is_young:
            remove(path)
        return None
    return Leftover(path, about.get("name", ""), now["time"], now["steps"], "")
