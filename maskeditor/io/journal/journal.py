"""The journal of a session: one SQLite file in which every move is written before its result is shown.

The same file is a saved session. It holds the steps with what each changed, so that a session is back in a second
without working anything out again, and the timelines visited, so that undo and redo are back too. SQLite's write-ahead
log makes each move one transaction: whatever happens, the file is as after some finished move.
"""

from __future__ import annotations

import os
import sqlite3
import threading
import time
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any

from maskeditor.core.errors import FileError
from maskeditor.core.garbage import no_garbage
from maskeditor.core.history.delta import Delta
from maskeditor.core.history.visits import Visit
from maskeditor.core.space.mask import Roi
from maskeditor.io.journal import rows as rows
from maskeditor.io.journal.file import (
    JournalBusy,
    JournalReadOnly,
    check_is_session,
    connected,
    explained,
    identity_of,
    let_go,
    prepare,
    remove,
    uri_of,
)
from maskeditor.io.journal.index import Batch, Index, Reader, Recorded
from maskeditor.io.journal.log import ALL_READ, Unread, unread
from maskeditor.io.journal.rows import Damaged, Run
from maskeditor.io.replacing import replacing


class Journal:
    """An open journal; no other program can open it meanwhile.

    Use `create` or `open`.

    Parameters
    ----------
    path : Path
    database : sqlite3.Connection
    is_locked : bool
        Whether it is certain that no other program has it open.
    only_read : bool
        Whether nothing is ever written.
    beyond : Unread
        What of its log is not read.
    """

    def __init__(
        self,
        path: Path,
        database: sqlite3.Connection,
        is_locked: bool,
        only_read: bool = False,
        beyond: Unread = ALL_READ,
    ) -> None:
        self.path = path
        self.is_locked = is_locked
        self._database = database
        self.only_read = only_read
        self.beyond = beyond
        self._identity = identity_of(path)
        self._lock = threading.RLock()
        self._index = Index()
        self._at = 0
        self._rois: list[list[Any]] = []
        self._drawn: list[Any] = []

    @property
    def is_there(self) -> bool:
        """Whether its file still lies where it lay; on most systems it can be deleted or replaced meanwhile."""
        return identity_of(self.path) == self._identity

    @classmethod
    def create(cls, path: Path, about: Mapping[str, Any]) -> Journal:
        """Make a new journal without a move.

        Parameters
        ----------
        path : Path
        about : mapping
            Facts of the session, such as its source.

        Raises
        ------
        FileError
            If it cannot be made.
        """
        with explained(path):
            # Journals name the places of images: a folder that is made for them is its owner's alone.
            path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
            path.open("xb").close()
            try:
                database, is_locked = connected(path)
                try:
                    database.execute("BEGIN EXCLUSIVE")
                    rows.make_tables(database.execute)
                    rows.write_about(database.execute, about)
                    database.execute(f"PRAGMA application_id = {rows.APPLICATION}")
                    database.execute("COMMIT")
                    prepare(database)
                except BaseException:
                    database.close()
                    raise
            except BaseException:
                remove(path)
                raise
        return cls(path, database, is_locked)

    @classmethod
    def open(cls, path: Path, only_look: bool = False) -> Journal:
        """Open a journal or a saved session; call `read` before anything is written.

        Parameters
        ----------
        path : Path
        only_look : bool
            Whether the file and its log stay as they are: nothing can be written. So it is, too, if the log is damaged.

        Raises
        ------
        JournalBusy
            If another window has it open.
        JournalReadOnly
            If it cannot be written.
        FileError
            If it is no session, is damaged, or is of a newer version.
        """
        with explained(path):
            if not path.is_file():
                path.stat()
                raise FileError(f"{path.name} is no file, so there is no session in it; choose another.")
            beyond = unread(path)
            if not path.stat().st_size:
                what = "keep its log beside it" if beyond.nbytes else "delete it"
                raise FileError(f"{path.name} is empty, so there is no session in it; {what}.")
            # SQLite would cut the log at its flaw, and remove the rest. Without a log nothing is ever changed.
            only_read = beyond.transactions > 0 or (only_look and Path(f"{path.resolve()}-wal").exists())
            database, is_locked = connected(path, only_read)
            try:
                check_is_session(database, path)
                if not only_read:
                    prepare(database)
            except BaseException:
                if only_read:
                    let_go(database, path)
                else:
                    database.close()
                raise
        return cls(path, database, is_locked, only_read, beyond)

    @contextmanager
    def _transaction(self) -> Iterator[Run]:
        with self._lock, explained(self.path):
            run = self._database.execute
            run("BEGIN IMMEDIATE")
            try:
                yield run
                run("COMMIT")
            except BaseException:
                if self._database.in_transaction:
                    with suppress(sqlite3.Error):
                        run("ROLLBACK")
                raise

    # Writing ------------------------------------------------------------------------------------------------------

    def record_facts(self, about: Mapping[str, Any]) -> None:
        """Write facts of the session in place of those of the same key."""
        with self._transaction() as run:
            rows.write_about(run, about)

    def write(
        self,
        rois: Sequence[tuple[Roi, bool]],
        visits: Sequence[Visit],
        at: int,
        steps: int,
        drawn: Sequence[Any] = (),
    ) -> None:
        """Write what the journal does not hold yet, as one transaction; when it returns, that is on the disk.

        What an earlier attempt could not write is made up for.

        Parameters
        ----------
        rois : sequence of (Roi, bool)
            All there ever were, each with whether it stays without any step.
        visits : sequence of Visit
            The history's.
        at : int
            How many of them lie behind the cursor.
        steps : int
            Steps of the present timeline, for who only looks into the file.
        drawn : sequence
            Records of strokes that are no steps yet.

        Raises
        ------
        FileError
            If it cannot be written; the journal is then as it was.
        """
        with self._lock:
            keep = self._index.shared(visits)
            records = rows.roi_records(rois)
            whole = keep == len(self._index.written) == len(visits)
            if whole and (at, records, list(drawn)) == (self._at, self._rois, self._drawn):
                return
            with self._transaction() as run:
                batch = Batch(self._index, keep, run)
                for visit in visits[keep:]:
                    batch.write(visit)
                batch.clean()
                if records != self._rois:
                    rows.write_about(run, {"rois": records})
                if list(drawn) != self._drawn:
                    rows.write_about(run, {"drawn": list(drawn)})
                now = {"at": at, "steps": steps, "last": batch.last_check, "time": time.time()}
                rows.write_about(run, {"now": now})
            batch.settle()
            self._at, self._rois, self._drawn = at, records, list(drawn)

    def unwritten(self, deltas: Iterable[Delta]) -> list[Delta]:
        """Return the deltas that are not written yet, each once: what a step changes may be the whole of a move."""
        with self._lock:
            return [delta for delta in dict.fromkeys(deltas) if delta not in self._index.deltas]

    def write_ahead(self, deltas: Iterable[Delta]) -> None:
        """Write deltas of a move that is not made yet, so that `write` has little left to do; for a worker.

        Raises
        ------
        FileError
            If they cannot be written; the journal is then as it was.
        """
        with self._lock:
            deltas = self.unwritten(deltas)
            if deltas:
                with self._transaction() as run:
                    written = self._index.write_ahead(run, deltas)
                self._index.settle_ahead(written)

    def keep(self, delta: Delta) -> Callable[[Delta], bytes] | None:
        """Return what reads a delta's bits back from here; None if no move that was written stands on it.

        What was written ahead of a move does not count: it goes if the next move is another.
        """
        known = self._index.deltas.get(delta)
        return None if known is None or known in self._index.ahead else self.read_back

    def read_back(self, delta: Delta) -> bytes:
        """Return the bits of a delta that was written.

        Raises
        ------
        FileError
            If they are not as they were written, or not there.
        """
        with self._lock, explained(self.path):
            known = self._index.deltas.get(delta)
            if known is None:
                raise Damaged("a change that was written is missing")
            return rows.read_delta(self._database.execute, known.number)[0].bits()

    @staticmethod
    def check_free(path: Path) -> None:
        """Raise if the session in a file, if there is one, cannot be replaced.

        Raises
        ------
        JournalBusy
            If another window has it open.
        JournalReadOnly
            If it cannot be written.
        """
        try:
            Journal.open(path).close()
        except (JournalBusy, JournalReadOnly):
            raise
        except FileError:
            pass  # none there, or damaged: it is replaced

    def move_to(self, path: Path, about: Mapping[str, Any]) -> None:
        """Go on in another file, a whole copy with some facts recorded anew; the file until now stays, closed.

        The copy is read back before it takes the place of an older file.

        Raises
        ------
        JournalBusy
            If another window has that file open.
        FileError
            If it cannot be written; the journal is then where it was.
        """
        self.check_free(path)
        with self._lock:
            with replacing([path]) as (beside,):
                self._copy_to(beside, about)
                # The log of a damaged file must not be taken for that of the new one.
                for ending in ("-wal", "-shm"):
                    Path(f"{path.resolve()}{ending}").unlink(missing_ok=True)
            moved = Journal.open(path)
            self._let_go()
            self.path, self.is_locked, self._database = path, moved.is_locked, moved._database  # noqa: SLF001
            self._identity = identity_of(path)

    def _copy_to(self, beside: Path, about: Mapping[str, Any]) -> None:
        with explained(beside):
            self._database.execute("VACUUM INTO ?", (uri_of(beside, "rwc"),))
        with beside.open("rb+") as copied:
            os.fsync(copied.fileno())
        copy = Journal.open(beside)
        try:
            copy.record_facts(about)
            found = copy.read(own=True)
            if found.lost or not copy._index.equals(self._index):  # noqa: SLF001 - of the same class
                raise FileError("the copy did not come back as it was written")
        finally:
            copy.close()

    def close(self) -> None:
        """Close the file, which others may then open."""
        with self._lock:
            if self.only_read:
                let_go(self._database, self.path)
            else:
                self._let_go()

    def _let_go(self) -> None:
        self._database.close()
        # Of a file that was deleted, SQLite leaves the log.
        if not os.path.lexists(self.path):
            remove(self.path)

    def discard(self) -> None:
        """Close the file and remove it."""
        self.close()
        remove(self.path)

    # Reading ------------------------------------------------------------------------------------------------------

    def about(self) -> dict[str, Any]:
        """Return the facts of the session, and under "now" how far it came; those left out that are damaged."""
        with self._lock, explained(self.path):
            return rows.read_about(self._database.execute)[0]

    def is_empty(self) -> bool:
        """Whether it is certain that no move was ever written, as nothing in the file is damaged or missing."""
        with self._lock, explained(self.path):
            run = self._database.execute
            facts, problem = rows.read_about(run)
            is_sound = not self.beyond.nbytes and not problem and run("PRAGMA quick_check(1)").fetchone() == ("ok",)
            has_rows = [run(f"SELECT 1 FROM {table} LIMIT 1").fetchone() for table in ("visits", "steps", "deltas")]
            return is_sound and "now" not in facts and not any(has_rows)

    def read(self, own: bool = False) -> Recorded:
        """Return what the journal holds; of a damaged one, what can be read from its beginning on.

        Parameters
        ----------
        own : bool
            Whether this program wrote it for itself: ten thousand strokes, not checked again, are back in half the
            time.
        """
        with self._lock, explained(self.path), no_garbage():
            reader = Reader(self._database.execute, own)
            found = reader.read()
            if more := self.beyond.transactions:
                found.lost = (
                    f"its log is damaged behind move {len(found.visits)}, and what follows cannot be read: "
                    f"{more} more {'changes' if more > 1 else 'change'}"
                )
            self._index = reader.index()
            self._at, self._rois, self._drawn = found.at, rows.roi_records(found.rois), found.drawn
        return found
