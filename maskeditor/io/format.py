"""What a file format declares: its name, what recognises it, and what reads it or why nothing does."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from maskeditor.core.errors import FileError
from maskeditor.engine.progress import Reporter
from maskeditor.io.found import Found, Show
from maskeditor.io.names import ending_of

#: Finds the images at a path; no voxel is read.
Find = Callable[[Path, Reporter | None, Show | None], list[Found]]


def _alone(path: Path) -> tuple[Path, ...]:
    return (path,)


def _nothing(_: Path) -> bytes | None:
    return None


class NoImage(FileError):
    """A file that is no image, or of a format that is not read."""


@dataclass(frozen=True, kw_only=True)
class Format:
    """A kind of file.

    Parameters
    ----------
    title : str
        As dialogs have it.
    name : str
        As a sentence has it, after "is": with its article.
    recognise : callable of bytes
        Whether a file is of this kind, by its first bytes, unpacked (`FIRST` of them, fewer in a shorter file).
    endings : tuple of str
        Of the names of such files, with the point. Letters may be small or capital all the same; what dialogs show on
        systems for which they differ is given in both.
    unlisted : tuple of str
        Endings that are taken, but not offered.
    written : tuple of str
        The endings with which masks and images are written; the first is what a name without any gets.
    find : callable, optional
        Finds the images in such a file; masks too are read by it. Without it, such files are refused by name.
    remedy : str
        What to do with a file that is refused.
    in_pieces : bool
        Whether an image may lie in many files, so that folders of any depth are searched as a whole. The names of such
        files say nothing of the image, or may name the patient.
    packed : bool
        Whether such files may be packed.
    general : bool
        Whether any other format that recognises a file knows more of it.
    in_place : bool
        Whether such a file lies in the place of an image that was not fetched.
    files : callable of Path
        The files that belong to one: first that which is recognised.
    comment : callable of Path
        Returns what a mask's file carries as a comment, or None: its recipe.
    """

    title: str
    name: str
    recognise: Callable[[bytes], bool]
    endings: tuple[str, ...] = ()
    unlisted: tuple[str, ...] = ()
    written: tuple[str, ...] = ()
    find: Find | None = None
    remedy: str = ""
    in_pieces: bool = False
    packed: bool = False
    general: bool = False
    in_place: bool = False
    files: Callable[[Path], tuple[Path, ...]] = _alone
    comment: Callable[[Path], bytes | None] = _nothing

    def ending(self, path: Path) -> str:
        """Return the ending of this format that a file's name has; else ""."""
        return ending_of(path, self.all_endings)

    @property
    def all_endings(self) -> tuple[str, ...]:
        """All endings, in small letters."""
        return tuple(map(str.lower, self.endings + self.unlisted))


def begins(*marks: bytes) -> Callable[[bytes], bool]:
    """Return what recognises files by how they begin."""
    return lambda data: data.startswith(marks)
