"""Journals that an ended program left behind."""

from __future__ import annotations

import time
from pathlib import Path
from typing import NamedTuple

from maskeditor.core.errors import FileError
from maskeditor.core.history.visits import timeline_after
from maskeditor.io.journal.file import JournalBusy, remove
from maskeditor.io.journal.journal import Journal

#: Seconds that a journal without a move is left alone: another window may just be making it.
_YOUNG = 60.0

_NOT_LOCKED = "its disk gives no locks, so another window may have it open"


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
        What is wrong with it; empty when nothing is.
    can_open : bool
        Whether it can be opened, as far as it can be read.
    """

    path: Path
    name: str
    time: float
    steps: int
    problem: str
    can_open: bool


def leftovers(folder: Path, ending: str) -> tuple[Leftover, ...]:
    """Return the journals in a folder that no window has open, newest first.

    Those are removed of which it is certain that no move was ever written into them.

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
        return _looked_into(path, changed, is_young)
    except JournalBusy:
        return None
    except FileError as error:
        return None if is_young else Leftover(path, "", changed, 0, str(error), can_open=False)


def _looked_into(path: Path, changed: float, is_young: bool) -> Leftover | None:
    journal = Journal.open(path, only_look=True)
    try:
        about = journal.about()
        name, now = about.get("name", ""), about.get("now")
        if now is not None and not journal.beyond.transactions:
            problem = "" if journal.is_locked else _NOT_LOCKED
            return Leftover(path, name, now["time"], now["steps"], problem, can_open=True)
        is_empty = journal.is_empty()
        found = journal.read(own=True)
        steps = len(timeline_after(found.visits[: found.at]))
    finally:
        journal.close()
    if not is_empty:
        return Leftover(path, name, changed, steps, found.lost, can_open=True)
    # No move was ever written. On a disk without locks another window may be about to write the first.
    if not is_young and journal.is_locked:
        remove(path)
    return None
