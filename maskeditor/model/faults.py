"""Faults of the program: the log of its runs, and a report that names nobody and no file of anybody."""

from __future__ import annotations

import faulthandler
import os
import platform
import sys
import traceback
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from time import strftime
from types import TracebackType

from maskeditor.version import __version__

#: Bytes after which the log is begun anew; the old one stays beside it.
LONGEST_LOG = 1 << 20
#: Packages whose versions matter for a fault.
_PACKAGES = ("PyQt6", "PyQt6-Qt6", "numpy", "scipy", "nibabel", "pydicom", "pyqtgraph", "nilearn")
#: What the interpreter writes when it dies.
_DIED = "Fatal Python error"
_STARTED = "started"


def log_path() -> Path:
    """Return the file of the log, in the place that the system has for such files."""
    import platformdirs

    return platformdirs.user_log_path("maskeditor") / "maskeditor.log"


def begin_log(path: Path) -> bool:
    """Begin to write the log: that the program has started, and what the interpreter says should it die.

    Parameters
    ----------
    path : Path
        Its folder is made if there is none. Where it cannot be written, there is no log.

    Returns
    -------
    bool
        Whether the run before, or another that wrote last, has died.
    """
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        has_died = _has_died(path)
        if path.exists() and path.stat().st_size > LONGEST_LOG:
            path.replace(path.with_suffix(".old.log"))
        # Kept open, unbuffered: a dying interpreter can write, but not open.
        stream = os.open(path, os.O_WRONLY | os.O_APPEND | os.O_CREAT, 0o600)
    except OSError:
        return False
    faulthandler.enable(stream)
    write_log(path, f"{_STARTED}\n{versions()}")
    return has_died


def _has_died(path: Path) -> bool:
    try:
        with path.open("rb") as stream:
            stream.seek(max(0, path.stat().st_size - LONGEST_LOG))
            text = stream.read().decode("utf-8", "replace")
    except OSError:
        return False
    return _DIED in text.rpartition(f" {_STARTED}\n")[2]


def write_log(path: Path, text: str) -> None:
    """Add an entry to the log, with the time; where it cannot be written, nothing happens."""
    try:
        with path.open("a", encoding="utf-8", errors="backslashreplace") as stream:
            stream.write(f"{strftime('%Y-%m-%d %H:%M:%S')} [{os.getpid()}] {text}\n")
    except OSError:
        return


def versions() -> str:
    """Return the versions of the program, of Python, of what it is made of, and of the system, a line each."""
    lines = [f"maskeditor {__version__}", f"Python {platform.python_version()}", platform.platform()]
    for name in _PACKAGES:
        try:
            lines.append(f"{name} {version(name)}")
        except PackageNotFoundError:
            continue
    return "\n".join(lines)


def fault_report(kind: type[BaseException], error: BaseException, trace: TracebackType | None) -> str:
    """Return what is known of a fault, without private data.

    What an exception says can hold the name of a file, a patient or a path: its kind is named, and where it arose, by
    files of the program and of its packages.

    Examples
    --------
    >>> try:
    ...     raise ValueError("/home/somebody/scan.nii")
    ... except ValueError as error:
    ...     text = fault_report(type(error), error, error.__traceback__)
    >>> "ValueError" in text, "somebody" in text
    (True, False)
    """
    parts = [versions(), ""]
    told: set[int] = set()
    following: BaseException | None = error
    while following is not None and id(following) not in told:
        told.add(id(following))
        parts.append(f"{type(following).__module__}.{type(following).__qualname__}")
        frames = traceback.extract_tb(trace if following is error else following.__traceback__)
        parts += [f"  {_of_program(Path(frame.filename))}:{frame.lineno} in {frame.name}" for frame in frames]
        following = following.__cause__ or following.__context__
        if following is not None:
            parts.append("while handling, or because of:")
    return "\n".join(parts)


def _of_program(path: Path) -> str:
    """Return a source file by its place within the program or its package, without the folders above."""
    for above in sorted(sys.path, key=len, reverse=True):
        if above and path.is_relative_to(above):
            return path.relative_to(above).as_posix()
    return path.name
