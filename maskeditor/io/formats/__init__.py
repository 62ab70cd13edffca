"""The register of file formats, one module for each or for a few of a kind; nothing else looks at the names of files.

A module declares `FORMATS`, a tuple of `Format`; opening, the dialogs, drag and drop, the command line and every
refusal read them here.
"""

from __future__ import annotations

from collections.abc import Iterable
from contextlib import suppress
from functools import lru_cache
from pathlib import Path

from maskeditor.core.errors import FileError
from maskeditor.core.register import modules_of
from maskeditor.io.format import Format, NoImage
from maskeditor.io.names import alternatives, ending_of, stem_of
from maskeditor.io.streams import first_bytes, no_pipe, reading

#: Bytes by which files are recognised.
FIRST = 1024


def _order(form: Format) -> tuple[bool, bool, bool]:
    """What is read comes before what is refused, and first what is written."""
    return form.general, form.find is None, not form.written


#: All formats, in the order in which they are asked whether a file is theirs.
FORMATS: tuple[Format, ...] = tuple(
    sorted((form for module in modules_of(__name__, __path__) for form in module.FORMATS), key=_order)
)
#: Those whose images are read.
READ = tuple(form for form in FORMATS if form.find is not None)
#: Those of which a file is an image; it may as well be a mask.
SINGLE = tuple(form for form in READ if not form.in_pieces)
#: Each ending with the first format that has it, from the longest: a folder may hold ten thousand names to ask about.
_BY_ENDING = sorted(
    {ending: form for form in reversed(FORMATS) for ending in form.all_endings}.items(), key=lambda one: -len(one[0])
)
#: That which is written.
(WRITTEN,) = (form for form in FORMATS if form.written)
#: What is wanted, as a sentence has it.
WANTED = f"{alternatives(form.name for form in READ)}, or a folder of such files"
#: The endings that are offered for writing, and the same as a sentence has them.
LISTED = tuple(ending for ending in WRITTEN.written if ending in WRITTEN.endings)
WRITTEN_ENDINGS = alternatives(LISTED)


def named(path: Path) -> Format | None:
    """Return the format that a file has by its name, if any: that of the longest ending, and of several the first."""
    return _named(path.name.lower())


@lru_cache(maxsize=1024)
def _named(name: str) -> Format | None:
    return next((form for ending, form in _BY_ENDING if name.endswith(ending)), None)


def is_image_name(path: Path) -> bool:
    """Whether a file's name ends as those of images do that are a file each, and may be masks."""
    return named(path) in SINGLE


def is_image_file(path: Path) -> bool:
    """Whether a file is an image by itself, whose name may be shown and written down; if it is gone, by its name."""
    if not is_image_name(path) or path.is_dir():
        return False
    try:
        return not path.exists() or format_of(path) in SINGLE
    except FileError:
        return True


def can_write(path: Path) -> bool:
    """Whether masks and images can be written under a name."""
    return bool(ending_of(path, WRITTEN.written))


def with_ending(path: Path, endings: tuple[str, ...]) -> Path:
    """Return a path whose name ends in one of some endings: the first of them is put to a name that does not.

    Examples
    --------
    >>> with_ending(Path("mask"), (".nii.gz", ".nii")).name, with_ending(Path("mask.nii"), (".nii.gz", ".nii")).name
    ('mask.nii.gz', 'mask.nii')
    """
    return path if ending_of(path, endings) else path.with_name(path.name + endings[0])


def stem(path: str | Path) -> str:
    """Return the name of an image's file without its ending.

    Examples
    --------
    >>> stem("scans/sub-01.run-2_T1w.nii.gz"), stem("mri/brain.mgz")
    ('sub-01.run-2_T1w', 'brain')
    """
    path = Path(path)
    form = named(path)
    return stem_of(path, (form.ending(path),)) if form is not None and form in SINGLE else path.name


def files_of(path: Path) -> tuple[Path, ...]:
    """Return the files that belong to one by its name: two for a pair of header and voxels."""
    form = named(path)
    return (path,) if form is None else form.files(path)


def comment_in(path: Path) -> bytes | None:
    """Return what a mask's file carries as a comment, or None: its recipe.

    Raises
    ------
    FileError
        If the file cannot be read.
    """
    with reading(path):
        no_pipe(path)  # also where a format keeps no comment
    form = named(path)
    return None if form is None else form.comment(path)


def patterns(endings: Iterable[str]) -> str:
    """Return endings as the filters of file dialogs have them.

    Examples
    --------
    >>> patterns((".nii.gz", ".nii"))
    '*.nii.gz *.nii'
    """
    return " ".join(f"*{ending}" for ending in endings)


def first_file(path: Path) -> Path:
    """Return the file of an image that is read first: of a pair the header, else the file or folder itself.

    Raises
    ------
    FileError
        If it does not exist.
    """
    by_name = named(path)
    head = path if by_name is None else by_name.files(path)[0]
    head = head if head.exists() else path
    if not head.exists():
        raise FileError(_why_missing(path, by_name))
    return head


def format_of(path: Path) -> Format:
    """Return the format of a file that can be read: by its first bytes, or else by its name.

    Raises
    ------
    FileError
        If it does not exist, is empty, or holds what is not read; the sentence names what it is.
    """
    by_name, head = named(path), first_file(path)
    with reading(path):
        no_pipe(head)
        if head.stat().st_size == 0:
            raise FileError(f"{head.name} is empty (0 bytes), but {WANTED} is wanted; copy or download it again.")
    data, packed = first_bytes(head, FIRST)
    form = next((form for form in FORMATS if form.recognise(data)), by_name)
    if form is None:
        raise NoImage(f"{path.name} cannot be opened: what kind of file it is, is not known; give {WANTED}.")
    if form.find is None and form.general and by_name in READ:
        raise NoImage(
            f"{path.name} is {form.name}, though it is named as {by_name.name}; copy or download it again, or give the "
            "image itself."
        )
    if form.find is None:
        kind = FileError if form.in_place else NoImage
        raise kind(f"{path.name} is {form.name}, but {WANTED} is wanted; {form.remedy}.")
    if packed and not form.packed:
        raise FileError(f"{path.name} is {form.name} that is packed, which is not read; unpack it first.")
    return form


def _why_missing(path: Path, by_name: Format | None) -> str:
    with reading(path), suppress(FileNotFoundError):
        path.stat()  # raises for links in a circle
    if path.is_symlink():
        target = path.readlink()
        if "annex" in target.parts:
            return (
                f"{path.name} is a link to a file that git-annex (DataLad) has not fetched; get it with "
                f"datalad get {path.name}, or git annex get {path.name}."
            )
        return f"{path.name} is a symbolic link that leads to nothing ({target}); mend it, or give the file itself."
    if by_name in SINGLE and path.parent.is_dir():
        return f"{path.name} cannot be opened: it does not exist; check its name and folder."
    return f"{path} does not exist; give {WANTED}."
