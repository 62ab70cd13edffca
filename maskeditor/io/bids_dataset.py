"""Where a file is in a dataset of BIDS, as a sidecar names it: by a BIDS URI."""

from __future__ import annotations

import json
import os
import sys
from pathlib import Path
from typing import Any
from urllib.parse import quote, unquote, urlparse

from maskeditor.core.errors import FileError
from maskeditor.io.streams import no_pipe, reading

#: How the bytes of a name stand in a path that are no letters.
_ERRORS = sys.getfilesystemencodeerrors()
#: What the folder of a dataset holds.
DESCRIPTION = "dataset_description.json"


def named_from(file: Path, beside: Path) -> str:
    """Return what a file that lies in one place calls another.

    Within a dataset of BIDS, this is a BIDS URI, and so it is of a dataset that theirs has a link to; else the name of
    the file alone, as folders may be called as the patient is.

    Parameters
    ----------
    file : Path
        What is named.
    beside : Path
        The file that names it.

    Examples
    --------
    >>> named_from(Path("somewhere/sub-01_T1w.nii.gz"), Path("elsewhere/mask.json"))
    'sub-01_T1w.nii.gz'
    """
    there = dataset_of(file)
    here = dataset_of(beside) if there is not None else None
    if there is None or here is None:
        return file.name
    path = quoted(Path(os.path.realpath(file)).relative_to(there))
    if there == here:
        return f"bids::{path}"
    return next((f"bids:{name}:{path}" for name, root in _links(here).items() if root == there), file.name)


def quoted(path: Path) -> str:
    r"""Return a path as a URI has it, with the bytes of its name whatever they are.

    Examples
    --------
    >>> quoted(Path("sub 01/T1w.nii")), quoted(Path(os.fsdecode(b"\xff.nii")))
    ('sub%2001/T1w.nii', '%FF.nii')
    """
    return quote(path.as_posix(), errors=_ERRORS)


def dataset_of(file: Path) -> Path | None:
    """Return the folder of the dataset that a file is in; None without one."""
    folders = Path(os.path.realpath(file)).parents
    try:
        return next((folder for folder in folders if (folder / DESCRIPTION).is_file()), None)
    except OSError:  # a folder that may not be looked at, or a name that is too long for any file
        return None


def _links(dataset: Path) -> dict[str, Path]:
    """Return the folders of the datasets on this computer that one has links to, by the names that it gives them."""
    try:
        with reading(dataset / DESCRIPTION):
            no_pipe(dataset / DESCRIPTION)
            links: Any = json.loads((dataset / DESCRIPTION).read_bytes())["DatasetLinks"]
            texts = {name: text for name, text in links.items() if isinstance(text, str)}
    except (FileError, ValueError, RecursionError, KeyError, TypeError, AttributeError):
        return {}
    from urllib.request import url2pathname  # what goes over the network comes with it

    found = {}
    for name, text in texts.items():
        url = urlparse(text)
        if url.scheme in ("", "file"):
            path = url2pathname(url.path) if os.name == "nt" else unquote(url.path, errors=_ERRORS)
            found[name] = Path(os.path.realpath(dataset / path))
    return found
