"""The images of a cohort, found by patterns, and what is derived from their names."""

from __future__ import annotations

import glob
import os
import re
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import NamedTuple

from maskeditor.core.errors import FileError, ParameterError
from maskeditor.io import formats

#: The folders of BIDS in which the images of a subject lie, by what they are of.
_DATATYPES = frozenset(
    ("anat", "beh", "dwi", "eeg", "fmap", "func", "ieeg", "meg", "micr", "motion", "mrs", "nirs", "perf", "pet")
)
_ENTITY = re.compile(r"(?:^|_)([0-9a-zA-Z]+)-([0-9a-zA-Z+]+)")
_PLACE = re.compile(r"\{([^{}]*)\}")


class Subject(NamedTuple):
    """An image of a cohort.

    Parameters
    ----------
    image : Path
    folder : str
        Where what is made of it lies below the folder of results, with slashes; "" for the folder itself.
    """

    image: Path
    folder: str

    @property
    def stem(self) -> str:
        """The name of the image, without ending."""
        return formats.stem(self.image)

    @property
    def key(self) -> str:
        """What the image is known by among the others: the folder and the name, without ending."""
        return f"{self.folder}/{self.stem}" if self.folder else self.stem

    @property
    def entities(self) -> dict[str, str]:
        """What its name says, as BIDS has it: the label of each entity, by its key.

        Examples
        --------
        >>> Subject(Path("sub-01_ses-2_task-rest_bold.nii.gz"), "").entities
        {'sub': '01', 'ses': '2', 'task': 'rest'}
        """
        return dict(_ENTITY.findall(self.stem))


def find_subjects(patterns: Sequence[str]) -> list[Subject]:
    """Return the images that patterns mean, each once, in the order of their names.

    Parameters
    ----------
    patterns : sequence of str
        Paths, with ``*``, ``?``, ``[…]`` and ``**`` as the shell has them.

    Raises
    ------
    FileError
        If a pattern means no file, or two images would have the same name among the results.
    """
    found: dict[str, Subject] = {}
    for pattern in patterns:
        # A file may be called so itself.
        paths = [pattern] if os.path.lexists(pattern) else sorted(glob.iglob(pattern, recursive=True))  # noqa: PTH207 - pathlib knows no absolute ones
        if not paths:
            raise FileError(f"No file is like {pattern!r}; check the pattern, and put it in quotes.")
        fixed = _fixed(pattern)
        for text in paths:
            path = Path(text)
            # Of a header and its voxels, one stands for both.
            header = formats.files_of(path)[0]
            if header != path and header.exists():
                continue
            subject = Subject(path, _folder(path, fixed))
            other = found.setdefault(subject.key, subject)
            if not other.image.samefile(path) if other.image.exists() and path.exists() else other.image != path:
                raise FileError(
                    f"{other.image} and {path} would both be called {subject.key} among the results; give them in two "
                    "batches with folders of their own."
                )
    return [found[key] for key in sorted(found)]


def _fixed(pattern: str) -> Path:
    """Return the folder of a pattern that does not depend on what it finds."""
    parts: list[str] = []
    for part in Path(pattern).parts[:-1]:
        if glob.has_magic(part):
            break
        parts.append(part)
    return Path(*parts)


def _folder(path: Path, fixed: Path) -> str:
    """Return the folder of what is made of an image: of BIDS that of its subject, else the one that a pattern found."""
    entities = dict(_ENTITY.findall(formats.stem(path)))
    if path.name.startswith("sub-"):
        own = [f"{name}-{entities[name]}" for name in ("sub", "ses") if name in entities]
        datatype = path.absolute().parent.name
        return "/".join([*own, *([datatype] if datatype in _DATATYPES else [])])
    below = path.parent.relative_to(fixed)
    return "" if below == Path() else below.as_posix()


def further_path(template: str, subject: Subject, option: str) -> Path:
    """Return the path of a further image of a subject.

    Parameters
    ----------
    template : str
        A path, in which ``{sub}``, ``{ses}`` and other entities stand for what the name of the image says, and
        ``{stem}`` and ``{folder}`` for its own; ``*`` may stand for what is not known, if one file alone is like it.
    subject : Subject
    option : str
        How a sentence calls it.

    Raises
    ------
    FileError
        If the name of the image does not say it, or not one file alone is like it.

    Examples
    --------
    >>> further_path("maps/sub-{sub}_stat.nii", Subject(Path("sub-01_bold.nii.gz"), ""), "--image stat").as_posix()
    'maps/sub-01_stat.nii'
    """
    known = subject.entities | {"stem": subject.stem, "folder": str(subject.image.parent)}
    missing = [name for name in _PLACE.findall(template) if name not in known]
    if missing:
        raise FileError(
            f"{option} asks for {{{missing[0]}}}, which the name {subject.image.name} does not have; it has "
            f"{', '.join(f'{{{name}}}' for name in known)}."
        )
    path = _PLACE.sub(lambda place: glob.escape(known[place[1]]) if _has_magic(template) else known[place[1]], template)
    if not _has_magic(template):
        return Path(path)
    found = list(glob.iglob(path, recursive=True))  # noqa: PTH207
    if len(found) != 1:
        how_many = f"{len(found)} files are" if found else "no file is"
        raise FileError(f"{option}: {how_many} like {path}, of which {subject.image.name} needs one; mend the pattern.")
    return Path(found[0])


def _has_magic(template: str) -> bool:
    return glob.has_magic(_PLACE.sub("", template))


def check_templates(templates: Iterable[str]) -> None:
    """Raise `ParameterError` if a template has a brace that is not closed."""
    for template in templates:
        if set("{}") & set(_PLACE.sub("", template)):
            raise ParameterError(f"{template!r} has a brace that is not closed; write {{sub}} for the subject.")
