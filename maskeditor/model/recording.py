"""Keeps a session in its journal: every move is on the disk before any window draws it."""

from __future__ import annotations

import secrets
import shutil
import tempfile
import threading
import time
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple

from psygnal import Signal

from maskeditor.core.errors import FileError
from maskeditor.core.history.delta import Delta
from maskeditor.core.history.document import Document
from maskeditor.core.history.timelines import Step
from maskeditor.core.recipe.recipe_json import step_record
from maskeditor.io.formats.session import SESSION
from maskeditor.io.replacing import replaceable
from maskeditor.model.numbers_in_words import in_number

if TYPE_CHECKING:
    from maskeditor.io.journal.index import Recorded
    from maskeditor.io.journal.journal import Journal

#: Ending of a saved session, and of a journal.
ENDING = SESSION.endings[0]
#: Ending that the journal gets whose readable part goes on in a new one.
DAMAGED = ".damaged"

#: Bytes of deltas that take long enough to write for a window to halt.
LARGE = 1 << 16

_NO_LOCKS = "gives no locks; have the session open in one window at a time."

#: Given the folder that the journal lies in, or None for the program's own, returns the facts that it records.
Facts = Callable[[Path | None], Mapping[str, Any]]


def journals_folder() -> Path:
    """Return where journals lie until the work is saved."""
    import platformdirs

    return platformdirs.user_state_path("maskeditor") / "sessions"


class Resumed(NamedTuple):
    """A journal from before, opened and read.

    Parameters
    ----------
    journal : Journal
    found : Recorded
    in_file : bool
        Whether it is a file of the user's own.
    is_copy : bool
        Whether it is a copy of such a file, which cannot be written.
    note : str
        What must be said about it.
    folder : Path
        Where journals lie.
    """

    journal: Journal
    found: Recorded
    in_file: bool
    is_copy: bool
    note: str
    folder: Path

    @property
    def is_own(self) -> bool:
        """Whether this program wrote it for itself; a file may be from anywhere."""
        return not (self.in_file or self.is_copy)

    def let_go(self) -> None:
        """Leave the journal as it was."""
        if self.is_copy:
            self.journal.discard()
        else:
            self.journal.close()


def resume(path: Path, folder: Path) -> Resumed:
    """Open a journal or a saved session and read it.

    Parameters
    ----------
    path : Path
    folder : Path
        Where journals lie. A session that cannot be written goes on in a copy there.

    Raises
    ------
    FileError
        If it cannot be opened: another window has it, it is damaged from the beginning, or of a newer version.
    """
    from maskeditor.io.journal.file import JournalReadOnly
    from maskeditor.io.journal.journal import Journal

    is_own, is_copy, note = path.resolve().parent == folder.resolve(), False, ""
    try:
        journal = Journal.open(path)
        if not journal.is_locked:
            note = f"The disk of {path.name} {_NO_LOCKS}"
    except JournalReadOnly:
        journal, is_copy = Journal.open(_copied(path, folder)), True
        note = f"{path.name} cannot be written, so changes are kept apart; save the session under another name."
    return Resumed(journal, journal.read(is_own), not (is_own or is_copy), is_copy, note, folder)


def check_session(path: Path) -> None:
    """Raise `FileError` if a file is no journal or saved session, or if another window has it; it stays as it is."""
    from maskeditor.io.journal.file import JournalReadOnly
    from maskeditor.io.journal.journal import Journal

    # One that cannot be written goes on in a copy.
    with suppress(JournalReadOnly):
        Journal.open(path, only_look=True).close()


class Recording:
    """What stands between a session and its journal.

    When the journal cannot be written, the session goes on without, and that is reported once; as soon as it can be
    written again, it is whole.

    Parameters
    ----------
    facts : callable
    """

    #: A sentence for the user; from any thread.
    failed = Signal(str)

    def __init__(self, facts: Facts) -> None:
        self._facts = facts
        self._journal: Journal | None = None
        #: Where to make a journal, if there should be one.
        self._folder: Path | None = None
        self._lock = threading.RLock()
        self._in_file = False
        self._broken = False
        #: Strokes that were drawn and are no steps yet; they are written with the next move, or by `record`.
        self.drawn: tuple[Step, ...] = ()

    @property
    def path(self) -> Path | None:
        """The journal's file."""
        return self._journal.path if self._journal is not None else None

    @property
    def is_saved(self) -> bool:
        """Whether every move lies in a file of the user's own."""
        return self._in_file and not self._broken and self._is_there()

    def _is_there(self) -> bool:
        return self._journal is None or self._journal.is_there

    # A new journal ------------------------------------------------------------------------------------------------

    def want(self, folder: Path) -> None:
        """Have a journal made in a folder, by the first move or by `begin`, whichever comes first."""
        with self._lock:
            if self._journal is None:
                self._folder = folder

    def begin(self) -> None:
        """Make the journal that is wanted, if there is none yet; any thread may do so."""
        self._attempt(lambda: None)

    def record(self, document: Document) -> None:
        """Write what the journal does not hold yet; call it on every move, before anything is drawn."""
        if self._attempt(lambda: self._write(document)):
            self._broken = False
            document.history.held.trim()

    def write_ahead(self, deltas: Sequence[Delta]) -> None:
        """Write deltas whose move is about to be made, if they are large; for a worker."""
        if sum(delta.nbytes for delta in deltas) >= LARGE:
            self._attempt(lambda: self._ahead(deltas))

    def write_facts(self) -> None:
        """Write the facts of the session anew."""
        self._attempt(self._write_facts)

    def _attempt(self, write: Callable[[], None]) -> bool:
        with self._lock:
            if self._journal is None and self._folder is None:
                return False
            try:
                self._make(self._folder)
                write()
                if self._in_file and self.path is not None and not self._is_there():
                    raise FileError(
                        f"{self.path.name}, in which the session is kept, was deleted or replaced by another program; "
                        "save the session again."
                    )
                return True
            except FileError as error:
                sentence = f"{error} Until then, what you do is not kept if the program ends: save your masks often."
                first, self._broken = not self._broken, True
        if first:
            self.failed.emit(sentence)
        return False

    def _make(self, folder: Path | None) -> None:
        if self._journal is None:
            from maskeditor.io.journal.journal import Journal

            assert folder is not None
            self._journal = Journal.create(folder / _new_name(), self._facts(None))

    def _write(self, document: Document) -> None:
        assert self._journal is not None
        history = document.history
        # They are put in at the row that is looked at, each after the one before if that changes a voxel.
        after = len(document.timeline) if document.is_looking else None
        drawn = [[step_record(step), after] for step in self.drawn]
        self._journal.write(document.every_roi, history.visits, history.at, len(history.timeline) + len(drawn), drawn)

    def _ahead(self, deltas: Sequence[Delta]) -> None:
        assert self._journal is not None
        self._journal.write_ahead(deltas)

    def _write_facts(self) -> None:
        assert self._journal is not None
        self._journal.record_facts(self._facts(self._journal.path.parent if self._in_file else None))

    def keep(self, delta: Delta) -> Callable[[Delta], bytes] | None:
        """Return what reads a delta's bits back from the journal; None if they are not in it for good."""
        journal = self._journal
        return self._read_back if journal is not None and journal.keep(delta) is not None else None

    def _read_back(self, delta: Delta) -> bytes:
        if self._journal is None:
            raise FileError("The session is closed, and with it what was kept of its changes; open it again.")
        return self._journal.read_back(delta)

    def go_on(self, resumed: Resumed, document: Document) -> str:
        """Go on in a journal from before, now that the document is as it says; return what must be said about it."""
        self._folder, found, journal = resumed.folder, resumed.found, resumed.journal
        if not found.lost:
            self._journal, self._in_file = journal, resumed.in_file
            self.write_facts()
            document.history.held.trim()
            return resumed.note
        # Nothing is written into a damaged file: what could be read goes on in a new one.
        journal.close()
        kept = journal.path
        if not resumed.in_file:
            kept = kept.with_suffix(DAMAGED)
            for ending in ("", "-wal"):
                with suppress(OSError):
                    Path(f"{journal.path}{ending}").replace(f"{kept}{ending}")
        self.record(document)
        return (
            f"The session is damaged ({found.lost}). What could be read is open: its first "
            f"{in_number(len(found.visits), 'move')}. The damaged file was left in {kept}."
        )

    # The end ------------------------------------------------------------------------------------------------------

    def check_place(self, path: Path) -> None:
        """Raise what `save_as` would, as far as it is known before any work.

        Raises
        ------
        FileError
            If no session can be written there, another window has it open, or it is a link to what is no session.
        """
        from maskeditor.io.journal.journal import Journal

        (end,) = replaceable([path])
        if path.is_symlink() and not SESSION.ending(end):
            raise FileError(f"{path.name} is a link to {end}, which is no session; choose another name.")
        if not self._is_in(path):
            Journal.check_free(path)

    def _is_in(self, path: Path) -> bool:
        """Whether the journal is that file, and still there."""
        is_here = self._journal is not None and self._journal.path.resolve() == path.resolve()
        return is_here and self._is_there()

    def save_as(self, path: Path, document: Document) -> None:
        """Go on in a file of the user's own, which holds the whole session from now on.

        Raises
        ------
        FileError
            As by `check_place`, and if it cannot be written; the journal is then where it was, and an older file as
            it was.
        """
        self.check_place(path)
        with self._lock, tempfile.TemporaryDirectory(prefix="maskeditor-") as other:
            if self._is_in(path):
                self._write(document)
            else:
                self._move(path, document, Path(other))
            self._in_file, self._broken = True, False
            is_locked = self._journal is None or self._journal.is_locked
        if not is_locked:
            self.failed.emit(f"{path.name} is saved, but its disk {_NO_LOCKS}")

    def _move(self, path: Path, document: Document, other: Path) -> None:
        try:
            self._make(self._folder or other)
        except FileError:
            self._make(other)
        assert self._journal is not None
        before = self._journal.path
        try:
            self._write(document)
            self._journal.move_to(path, self._facts(path.absolute().parent))
        except FileError:
            if before.parent == other:
                self._journal.discard()
                self._journal = None
            raise
        if not self._in_file:
            before.unlink(missing_ok=True)

    def close(self, discard: bool) -> None:
        """Close the journal.

        Parameters
        ----------
        discard : bool
            Whether it is removed, as the work is saved or given up; a file of the user's own stays.
        """
        with self._lock:
            if self._journal is not None and not (discard and not self._in_file):
                self.write_facts()  # what changes too often to be written each time, such as the crosshair
            journal, self._journal, self._folder = self._journal, None, None
            if journal is not None:
                if discard and not self._in_file:
                    journal.discard()
                else:
                    journal.close()


def _new_name() -> str:
    return f"{time.strftime('%Y-%m-%d-%H%M%S')}-{secrets.token_hex(4)}{ENDING}"


def _copied(path: Path, folder: Path) -> Path:
    """Return a copy of a session, with the log that may lie beside it."""
    copy = folder / _new_name()
    try:
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        for ending in ("", "-wal"):
            if (beside := Path(f"{path}{ending}")).exists():
                shutil.copyfile(beside, f"{copy}{ending}")
    except OSError as error:
        raise FileError(f"The session {path} cannot be read or copied to {folder} ({error}).") from None
    return copy
