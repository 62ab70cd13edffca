"""Files written beside others, and only once all is well put in their place, all or none.

Whatever fails (a full disk, no permission, a folder that is gone), the old file stays as it was and nothing is
left lying about.
"""

from __future__ import annotations

import errno
import hashlib
import os
import secrets
import time
from collections.abc import Iterable, Iterator
from contextlib import contextmanager, suppress
from functools import lru_cache
from pathlib import Path

from maskeditor.core.errors import FileError
from maskeditor.io.seen import ChangedElsewhere
from maskeditor.io.streams import no_pipe, reason

#: Seconds after which what lies beside a file belongs to nobody any more.
_ABANDONED = 600.0
#: How the names end of what is written beside a file, and of the old one while several are replaced.
_NEW, _OLD = ".new", ".old"
#: Letters before that which mark what belongs together.
_MARK = 8
#: Nanoseconds without a change after which a folder can be known again by the time of its last one.
_RESTS = 2_000_000_000
#: Bytes of a file's name to which what marks the files beside it can be put.
_LONGEST_NAME = 241


def check_folder(folder: Path, name: str) -> None:
    """Raise `FileError` if no file of a name can be written into a folder, as that shows."""
    if not folder.is_dir():
        raise FileError(f"{name} was not written: the folder {folder} does not exist; choose another.")
    if not os.access(folder, os.W_OK | os.X_OK):
        raise FileError(f"{name} was not written: the folder {folder} takes no new files from you; choose another.")


def replaceable(paths: list[Path]) -> list[Path]:
    """Return the files that are replaced under some names in one folder: those that symbolic links lead to.

    Raises
    ------
    FileError
        If they cannot be, as far as it is known before anything is written.
    """
    name = paths[0].name
    try:
        # A symbolic link stays one: what it leads to is replaced.
        targets = [path.resolve() for path in paths]
        for target in targets:
            if target.is_dir():
                raise IsADirectoryError(errno.EISDIR, os.strerror(errno.EISDIR))
            if target.exists():
                no_pipe(target)
    except RuntimeError:
        raise FileError(f"{name} was not written: its symbolic links lead round in a circle; remove them.") from None
    except OSError as error:
        raise FileError(f"{name} was not written: {reason(error)}; choose another.") from None
    check_folder(targets[0].parent, name)
    return targets


@contextmanager
def replacing(paths: list[Path]) -> Iterator[list[Path]]:
    """Write files safely: all or none.

    Parameters
    ----------
    paths : list of Path
        In one folder.

    Yields
    ------
    list of Path
        Files beside them to write to; at the end they take the places of `paths`, unless something was raised.

    Raises
    ------
    FileError
        If that is refused; the old files are then untouched.
    """
    name, targets = paths[0].name, replaceable(paths)
    _sweep(targets)
    token = secrets.token_hex(_MARK // 2)
    beside = [target.with_name(f"{_hidden(target)}.{token}{_NEW}") for target in targets]
    aside = [target.with_name(f"{_hidden(target)}.{token}{_OLD}") for target in targets]
    folder = targets[0].parent
    left = "the old file is as it was" if targets[0].exists() else "nothing was left behind"
    try:
        yield beside
        for new, target in zip(beside, targets, strict=True):
            with suppress(FileNotFoundError):
                new.chmod(target.stat().st_mode & 0o777)
        _swap(beside, targets, aside)
    except FileNotFoundError:
        why = f"the folder {folder} is gone, or takes no new files; choose another"
        raise FileError(f"{name} was not written: {why} ({left}).") from None
    except OSError as error:
        raise FileError(f"{name} was not written: {reason(error)}; {left}.") from None
    except (EOFError, ValueError) as error:
        raise FileError(f"{name} was not written: its bytes could not be read back ({error}); {left}.") from None
    except ChangedElsewhere:
        raise
    except FileError as error:
        raise FileError(f"{name} was not written: {error}; {left}.") from None
    finally:
        for path in beside:
            with suppress(OSError):
                path.unlink(missing_ok=True)
    _settle(folder)


def _hidden(target: Path) -> str:
    """Return how the names begin of what lies beside a file for a while; no disk takes much longer a name."""
    name = os.fsencode(target.name)
    return f".{target.name}" if len(name) <= _LONGEST_NAME else f".{hashlib.sha256(name).hexdigest()}"


def _left_beside(targets: Iterable[Path]) -> list[Path]:
    """Return what a program that was killed in the middle of saving files of one folder left beside them."""
    own = {f"{_hidden(target)}." for target in targets}
    folder = next(iter(targets)).parent
    return [folder / name for name in _left_in(folder) if name[: -_MARK - len(_NEW)] in own]


def _left_in(folder: Path) -> tuple[str, ...]:
    """Return the names of what was left in a folder, sorted; a folder that rests is listed once, for all its files."""
    try:
        changed = folder.stat().st_mtime_ns
    except OSError:
        return ()
    return _known_left(folder, changed) if time.time_ns() - changed > _RESTS else _list_left(folder)


def _list_left(folder: Path) -> tuple[str, ...]:
    with suppress(OSError), os.scandir(folder) as entries:
        return tuple(sorted(entry.name for entry in entries if entry.name.endswith((_NEW, _OLD))))
    return ()


@lru_cache(maxsize=4)
def _known_left(folder: Path, _changed: int) -> tuple[str, ...]:
    return _list_left(folder)


def broken_off(paths: tuple[Path, ...]) -> tuple[str, ...]:
    """Return a sentence if the saving of files that belong together was broken off between them.

    The old ones are then still beside.
    """
    if len(paths) < 2:
        return ()
    old = [path.name for path in _left_beside(paths) if path.suffix == _OLD]
    if not old:
        return ()
    return (
        f"Saving {paths[0].name} was broken off, so that header and voxels may not belong together; {old[0]} beside it "
        "is what was there before.",
    )


def _sweep(targets: list[Path]) -> None:
    """Remove what was left beside files by a program that is gone."""
    for path in _left_beside(targets):
        with suppress(OSError):
            # What is younger may be another window's. (A file set aside keeps the time of its last change.)
            age = time.time() - max(path.stat().st_mtime, path.stat().st_ctime)
            if age > _ABANDONED:
                path.unlink()


def remove_left(paths: list[Path]) -> None:
    """Remove what a program that is gone has left half-written beside files of one folder.

    It is for whoever knows that no other program writes them now.
    """
    for path in _left_beside(paths):
        if path.suffix == _NEW:
            with suppress(OSError):
                path.unlink()


def _swap(beside: list[Path], targets: list[Path], aside: list[Path]) -> None:
    if len(targets) == 1:
        beside[0].replace(targets[0])
        return
    # Several files cannot be replaced at one stroke: the old ones are kept beside until all new ones stand.
    kept = [old if target.exists() else None for target, old in zip(targets, aside, strict=True)]
    done: list[tuple[Path, Path | None]] = []
    try:
        for new, target, old in zip(beside, targets, kept, strict=True):
            done.append((target, old))
            if old is not None:
                _set_aside(target, old)
            new.replace(target)
    except OSError:
        for target, old in done:
            if old is None:
                target.unlink(missing_ok=True)
            elif old.exists():
                old.replace(target)
                # Two names of one file stay two.
                old.unlink(missing_ok=True)
        raise
    for old in kept:
        if old is not None:
            old.unlink()


def _set_aside(target: Path, old: Path) -> None:
    """Keep a file under a second name, so that it is there at every moment; where that cannot be, move it."""
    try:
        old.hardlink_to(target)
    except OSError:
        target.replace(old)


def _settle(folder: Path) -> None:
    """Have the folder's entries on the disk too; not every system allows it."""
    with suppress(OSError, AttributeError):
        handle = os.open(folder, os.O_RDONLY | os.O_DIRECTORY)
        try:
            os.fsync(handle)
        finally:
            os.close(handle)
