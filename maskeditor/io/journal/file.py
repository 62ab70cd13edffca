"""The file of a journal: opening it with SQLite, and the sentence when that fails."""

from __future__ import annotations

import errno
import os
import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from maskeditor.core.errors import FileError
from maskeditor.io.journal.rows import Damaged
from maskeditor.io.streams import reason


class JournalBusy(FileError):
    """A session that another window has open."""


class JournalReadOnly(FileError):
    """A session that cannot be written, but perhaps read."""


@contextmanager
def explained(path: Path) -> Iterator[None]:
    """Turn what SQLite and the system refuse into one sentence that names the file.

    Raises
    ------
    JournalBusy
    JournalReadOnly
    FileError
    """
    try:
        yield
    except sqlite3.Error as error:
        code = getattr(error, "sqlite_errorname", "")
        if code.startswith(("SQLITE_BUSY", "SQLITE_LOCKED")):
            raise JournalBusy(f"The session {path.name} is open in another window; close it there first.") from None
        if code.startswith(("SQLITE_READONLY", "SQLITE_CANTOPEN", "SQLITE_PERM")):
            raise JournalReadOnly(f"The session {path} cannot be written; allow that, or copy it elsewhere.") from None
        if code.startswith(("SQLITE_CORRUPT", "SQLITE_NOTADB")):
            raise FileError(f"{path.name} is no session of maskeditor, or is damaged ({error}).") from None
        raise FileError(f"The session {path} cannot be read or written ({error}); make room on its disk.") from None
    except Damaged as error:
        raise FileError(f"The session {path.name} is damaged: {error}.") from None
    except PermissionError as error:
        raise JournalReadOnly(f"The session {path} cannot be written: {reason(error)}.") from None
    except OSError as error:
        raise FileError(f"The session {path} cannot be opened: {reason(error)}.") from None


def connected(path: Path) -> sqlite3.Connection:
    """Open an existing file, for this program alone."""
    # SQLite would open it for reading, and stumble over its log.
    if not (_is_writable(path) and _is_writable(path.absolute().parent)):
        raise PermissionError(errno.EACCES, os.strerror(errno.EACCES))
    uri = path.absolute().as_uri() + "?mode=rw"
    database = sqlite3.connect(uri, isolation_level=None, check_same_thread=False, timeout=0.0, uri=True)
    # Held until the file is closed or the program ends, however it ends.
    database.execute("PRAGMA locking_mode = EXCLUSIVE")
    return database


def _is_writable(path: Path) -> bool:
    return os.access(path, os.W_OK, effective_ids=os.access in os.supports_effective_ids)


def prepare(database: sqlite3.Connection) -> None:
    """Have each transaction on the disk when it ends, and take the lock."""
    database.execute("PRAGMA journal_mode = WAL")
    database.execute("PRAGMA synchronous = FULL")
    # Whatever the library was built for: blanking the megabytes of a large step that was given up takes 60 ms.
    database.execute("PRAGMA secure_delete = OFF")
    # Finds out, too, whether the file can be written.
    database.execute("BEGIN IMMEDIATE")
    database.execute("COMMIT")


def remove(path: Path) -> None:
    """Remove a journal with what lies beside it."""
    for ending in ("", "-wal", "-shm", "-journal"):
        with suppress(OSError):
            Path(f"{path}{ending}").unlink(missing_ok=True)
