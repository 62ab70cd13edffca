"""The file of a journal: opening it with SQLite, and the sentence when that fails."""

from __future__ import annotations

import errno
import os
import shutil
import sqlite3
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from maskeditor.core.errors import FileError
from maskeditor.io.journal import rows as rows
from maskeditor.io.journal.rows import Damaged
from maskeditor.io.streams import reason


class JournalBusy(FileError):
    """A session that another window has open."""


class JournalReadOnly(FileError):
    """A session that cannot be written, but perhaps read."""


#: What SQLite reports of a file that is not as it wrote it; without a name, Python found text that is none.
_OF_DAMAGE = ("SQLITE_CORRUPT", "SQLITE_NOTADB", "SQLITE_ERROR", "SQLITE_TOOBIG", "SQLITE_FORMAT")
#: What it reports where a lock is not given: another has it, or the disk gives none.
_OF_LOCKS = ("SQLITE_BUSY", "SQLITE_LOCKED", "SQLITE_IOERR_LOCK", "SQLITE_IOERR_RDLOCK", "SQLITE_PERM")


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
        if not code or code.startswith(_OF_DAMAGE):
            raise FileError(
                f"{path.name} is no session of maskeditor, or is damaged ({error}); choose another file."
            ) from None
        if code.startswith("SQLITE_FULL"):
            raise FileError(f"The session {path} cannot be written ({error}); make room on its disk.") from None
        raise FileError(f"The session {path} cannot be read or written ({error}); look after its disk.") from None
    except UnicodeError:
        # The sentence of SQLite quotes what is damaged.
        raise FileError(
            f"{path.name} is no session of maskeditor, or is damaged (its text is none); choose another file."
        ) from None
    except Damaged as error:
        raise FileError(f"The session {path.name} is damaged: {error}; open an earlier copy of it.") from None
    except PermissionError as error:
        raise JournalReadOnly(f"The session {path} cannot be written: {reason(error)}.") from None
    except OSError as error:
        raise FileError(f"The session {path} cannot be opened: {reason(error)}.") from None


def connected(path: Path, only_read: bool = False) -> tuple[sqlite3.Connection, bool]:
    """Open an existing file, for this program alone; return whether that is sure, as some disks give no locks.

    Parameters
    ----------
    path : Path
    only_read : bool
        Whether neither the file nor its log is changed, not even when it is closed.
    """
    # SQLite would open it for reading, and stumble over its log.
    if not (_is_writable(path) and _is_writable(path.absolute().parent)):
        raise PermissionError(errno.EACCES, os.strerror(errno.EACCES))
    mode = "ro" if only_read else "rw"
    try:
        return _opened(_uri(path, mode)), True
    except sqlite3.Error as error:
        code = getattr(error, "sqlite_errorname", "")
        if not code.startswith(_OF_LOCKS) or _gives_locks(path.absolute().parent):
            raise
    return _opened_copy(path) if only_read else _opened(_uri(path, mode) + _UNLOCKED), False


def _opened_copy(path: Path) -> sqlite3.Connection:
    """Open a copy of a file and its log, which is gone when it is closed.

    Without locks SQLite reads a log only for who may write, and removes it at the end.
    """
    with tempfile.TemporaryDirectory(prefix="maskeditor-") as folder:
        copy = Path(folder) / "copy"
        for ending in ("", "-wal"):
            if (beside := Path(f"{path.resolve()}{ending}")).exists():
                shutil.copyfile(beside, f"{copy}{ending}")
        return _opened(uri_of(copy, "rw"))  # a system like Unix keeps what is open


def identity_of(path: Path) -> tuple[int, int] | None:
    """Return what a file is known by, whatever it is called: its device and its number there; None if it is gone."""
    try:
        found = path.stat()
    except OSError:
        return None
    return found.st_dev, found.st_ino


def uri_of(path: Path, mode: str) -> str:
    """Return what SQLite calls a file that no other program knows, on a disk that may give no locks."""
    return _uri(path, mode) + ("" if _gives_locks(path.absolute().parent) else _UNLOCKED)


def _uri(path: Path, mode: str) -> str:
    return f"{path.absolute().as_uri()}?mode={mode}"


#: SQLite's way to the files of a system like Unix without any lock.
_UNLOCKED = "&vfs=unix-none"


def _opened(uri: str) -> sqlite3.Connection:
    database = sqlite3.connect(uri, isolation_level=None, check_same_thread=False, timeout=0.0, uri=True)
    try:
        _defend(database)
        # Held until the file is closed or the program ends, however it ends. It is taken when something is read; who
        # may not write cannot hold it, but is refused while another does.
        if "mode=rw" in uri:
            database.execute("PRAGMA locking_mode = EXCLUSIVE")
        database.execute("PRAGMA application_id").fetchone()
    except BaseException:
        database.close()
        raise
    return database


def let_go(database: sqlite3.Connection, path: Path) -> None:
    """Close a file that was only read, and leave nothing beside it that was not there."""
    database.close()
    with suppress(OSError):
        Path(f"{path.resolve()}-shm").unlink(missing_ok=True)


def _defend(database: sqlite3.Connection) -> None:
    """Have SQLite trust nothing in a file that anybody may have made; see https://www.sqlite.org/security.html."""
    for limit, most in _LIMITS.items():
        database.setlimit(limit, most)
    for pragma in ("trusted_schema = OFF", "cell_size_check = ON", "mmap_size = 0"):
        database.execute(f"PRAGMA {pragma}")
    # What is no text is noticed by its checksum, in its own row.
    database.text_factory = lambda content: content.decode(errors="replace")


_LIMITS = {
    sqlite3.SQLITE_LIMIT_LENGTH: 1 << 29,  # the voxels of the largest mask that can be imported, as text
    sqlite3.SQLITE_LIMIT_SQL_LENGTH: 10_000,
    sqlite3.SQLITE_LIMIT_COLUMN: 20,
    sqlite3.SQLITE_LIMIT_EXPR_DEPTH: 10,
    sqlite3.SQLITE_LIMIT_COMPOUND_SELECT: 3,
    sqlite3.SQLITE_LIMIT_VDBE_OP: 25_000,
    sqlite3.SQLITE_LIMIT_FUNCTION_ARG: 8,
    sqlite3.SQLITE_LIMIT_ATTACHED: 1,  # the copy when a session is saved
    sqlite3.SQLITE_LIMIT_LIKE_PATTERN_LENGTH: 100,
    sqlite3.SQLITE_LIMIT_VARIABLE_NUMBER: 20,
    sqlite3.SQLITE_LIMIT_TRIGGER_DEPTH: 1,
    sqlite3.SQLITE_LIMIT_WORKER_THREADS: 0,
}


def _gives_locks(folder: Path) -> bool:
    """Whether the disk of a folder gives locks; some that lie on a network do not."""
    if sys.platform == "win32":
        return True
    import fcntl

    # A file of its own: closing it lets go of all locks that this program has on it.
    with tempfile.TemporaryFile(dir=folder) as file:
        try:
            fcntl.lockf(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError:
            return False
    return True


def _is_writable(path: Path) -> bool:
    return os.access(path, os.W_OK, effective_ids=os.access in os.supports_effective_ids)


def check_is_session(database: sqlite3.Connection, path: Path) -> None:
    """Raise `FileError` unless a file is a session that this program reads, and holds nothing else."""
    (application,) = database.execute("PRAGMA application_id").fetchone()
    version = rows.version_of(database.execute)
    if application != rows.APPLICATION:
        raise FileError(f"{path.name} is no session of maskeditor; choose another file.")
    if version > rows.VERSION:
        raise FileError(
            f"{path.name} is a session of version {version}, but this program knows versions up to "
            f"{rows.VERSION}; open it with a newer maskeditor."
        )
    # A view or a trigger may never end.
    found = database.execute("SELECT type, sql FROM sqlite_master LIMIT 100").fetchall()
    if sorted(map(str, found)) != sorted(str(("table", statement)) for statement in rows.TABLES.get(version, ())):
        raise FileError(
            f"{path.name} is damaged, or was made by another program: its tables are not those of a session; "
            "choose another file."
        )


#: Bytes that the log keeps once it was written into the file.
_LARGEST_LOG = 16 << 20


def prepare(database: sqlite3.Connection) -> None:
    """Have each transaction on the disk when it ends, and take the lock."""
    database.execute("PRAGMA journal_mode = WAL")
    database.execute("PRAGMA synchronous = FULL")
    # The log of a very large move does not stay as large as that.
    database.execute(f"PRAGMA journal_size_limit = {_LARGEST_LOG}")
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
