"""What a mask's files were when they were last read or written here, so that nobody else's work is replaced unasked."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Any

from maskeditor.core.errors import FileError
from maskeditor.io.nifti.names import header_and_voxel_paths

#: Size, time of the last change (ns) and number of each file; none for one that is not there.
Seen = tuple[tuple[int, int, int], ...]


class ChangedElsewhere(FileError):
    """A file that another window or program has changed, moved or deleted since it was last seen here.

    Parameters
    ----------
    path : Path
    is_gone : bool
        Whether it is no longer there.
    """

    def __init__(self, path: Path, is_gone: bool) -> None:
        self.what = (
            f"{path.name} was {'moved or deleted' if is_gone else 'changed'} by another window or program since it was "
            "last saved or opened here"
        )
        super().__init__(f"{self.what}; save under another name{'' if is_gone else ', or look at it first'}.")
        self.is_gone = is_gone


def look(path: Path) -> Seen:
    """Return what the files of a mask are now; links are followed."""
    found = []
    for file in dict.fromkeys(header_and_voxel_paths(Path(os.path.realpath(path)))):
        try:
            status = file.stat()
        except OSError:
            continue
        found.append((status.st_size, status.st_mtime_ns, status.st_ino))
    return tuple(found)


def recorded(record: Any) -> Seen:
    """Return what was seen from what JSON has made of it; nothing from anything else."""
    rows = record if isinstance(record, list) else []
    return tuple((row[0], row[1], row[2]) for row in rows if isinstance(row, list) and len(row) == 3)


def check(path: Path, seen: Seen | None) -> None:
    """Raise `ChangedElsewhere` if the files of a mask are not what was last seen of them.

    Parameters
    ----------
    path : Path
    seen : Seen or None
        None for a file of which nothing was seen, which may be replaced or made.
    """
    if seen is None:
        return
    now = look(path)
    # That a folder is gone is for whoever writes to say.
    if now != seen and path.parent.is_dir():
        raise ChangedElsewhere(path, is_gone=not now)
