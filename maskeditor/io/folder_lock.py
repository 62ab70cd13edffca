"""A folder that one program at a time works on."""

from __future__ import annotations

import os
import socket
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from maskeditor.core.errors import FileError
from maskeditor.io.streams import reason


@contextmanager
def alone_in(folder: Path, lock: Path) -> Iterator[None]:
    """Work on a folder alone, until this ends or the program does.

    Parameters
    ----------
    folder : Path
        As a sentence names it.
    lock : Path
        The file that is locked; it stays.

    Raises
    ------
    FileError
        If another program works on it, the file cannot be written, or the disk has no locks.
    """
    try:
        handle = os.open(lock, os.O_RDWR | os.O_CREAT, 0o666)
    except OSError as error:
        raise FileError(f"Nothing can be written into {folder}: {reason(error)}; choose another folder.") from None
    try:
        try:
            is_alone = _locked(handle)
        except OSError as error:
            raise FileError(
                f"Whether another batch is working on {folder} cannot be known, as its disk has no locks: "
                f"{reason(error)}; choose a folder on another disk."
            ) from None
        if not is_alone:
            who = os.pread(handle, 200, 0).decode(errors="replace") if hasattr(os, "pread") else ""
            raise FileError(
                f"Another batch is working on {folder}{f' ({who})' if who else ''}; wait until it has ended, or choose "
                "another folder."
            )
        text = f"process {os.getpid()} on {socket.gethostname()}".encode()
        os.lseek(handle, 0, os.SEEK_SET)
        os.write(handle, text)
        os.ftruncate(handle, len(text))
        yield
    finally:
        os.close(handle)


def _locked(handle: int) -> bool:
    """Lock an open file, if nobody else has; raise `OSError` where that cannot be known."""
    try:
        if sys.platform == "win32":
            import msvcrt

            # Beyond what is written, so that it can be read by others.
            os.lseek(handle, 1 << 20, os.SEEK_SET)
            msvcrt.locking(handle, msvcrt.LK_NBLCK, 1)
        else:
            import fcntl

            fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except (BlockingIOError, PermissionError):  # as Unix has it, and as Windows has it
        return False
    return True
