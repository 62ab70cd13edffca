"""The libraries of the bundle without what debuggers alone read, which some wheels, and a Python built here, hold."""

from __future__ import annotations

import shutil
import struct
import subprocess
from collections.abc import Iterable
from pathlib import Path

#: A file of PyInstaller's lists: its place in the bundle, where it is, and what it is.
Entry = tuple[str, str, str]

#: How a file of Linux begins that is loaded, and what its list of sections then names.
_ELF, _DEBUG = b"\x7fELF", b".debug_info"
#: The kind of a part that is loaded.
_LOADED = 1


def without_debug_information(entries: Iterable[Entry], folder: Path) -> list[Entry]:
    """Return the entries, those that hold debug information with a copy of their file that does not.

    Parameters
    ----------
    entries : iterable of (str, str, str)
    folder : Path
        Where the copies are made; the files themselves belong to others.
    """
    strip = shutil.which("strip")
    return [one if strip is None else _without(one, folder, strip) for one in entries]


def _without(entry: Entry, folder: Path, strip: str) -> Entry:
    place, source, kind = entry
    if kind == "SYMLINK" or not _holds_any(Path(source)):
        return entry
    copy = folder / place
    copy.parent.mkdir(parents=True, exist_ok=True)
    done = subprocess.run([strip, "--strip-debug", "-o", str(copy), source], check=False)
    return entry if done.returncode or not can_be_loaded(copy.read_bytes()) else (place, str(copy), kind)


def can_be_loaded(library: bytes) -> bool:
    """Whether the parts of a library lie where Linux can load them, which strip breaks where wheels were mended."""
    if library[4:6] != b"\x02\x01":  # of 64 bits, the lowest byte first
        return False
    (first,), (size, count) = struct.unpack_from("<Q", library, 32), struct.unpack_from("<HH", library, 54)
    for at in range(first, first + size * count, size):
        kind, _, offset, address, _, _, _, step = struct.unpack_from("<IIQQQQQQ", library, at)
        if kind == _LOADED and (address - offset) % max(1, step):
            return False
    return True


def _holds_any(path: Path) -> bool:
    data = path.read_bytes()
    return data.startswith(_ELF) and _DEBUG in data
