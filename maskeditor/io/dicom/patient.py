"""Whether a path says who the patient is, as the image's own header has it."""

from __future__ import annotations

import unicodedata
from collections.abc import Iterator
from pathlib import Path

from maskeditor.io.dicom import tags
from maskeditor.io.dicom.elements import Elements
from maskeditor.io.dicom.scan import Unreadable, read_header

#: Shorter parts of a name are found in any word.
_SHORTEST = 3


def names_patient(path: Path, file: Path) -> bool:
    """Return whether a folder or a file of a path is called by the name or the number of the patient, or by part of it.

    Case and signs between letters do not matter. Where the header states that the patient's identity was removed, its
    name and number are somebody's choice and say nothing.

    Parameters
    ----------
    path : Path
    file : Path
        Of the image, whose header names the patient; where it cannot be read, nothing is known.
    """
    try:
        header = read_header(file)
    except Unreadable:
        return False
    if header is None or header.elements.text(tags.IDENTITY_REMOVED) == "YES":
        return False
    folders = [_plain(part) for part in path.absolute().parts]
    return any(name in folder for name in _names(header.elements) for folder in folders)


def _names(elements: Elements) -> Iterator[str]:
    """Yield what names the patient, long enough to be found: the number, parts of the name, and these together."""
    parts = elements.text(tags.PATIENT_NAME).replace("=", "^").replace(" ", "^").split("^")
    together = ("".join(parts), "".join(reversed(parts)))
    for text in (elements.text(tags.PATIENT_ID), *parts, *together):
        name = _plain(text)
        if len(name) >= _SHORTEST:
            yield name


def _plain(text: str) -> str:
    """Return letters and digits alone, in small letters; an accent belongs to its letter, however it is written.

    Examples
    --------
    >>> _plain("Doe^Jane_1")
    'doejane1'
    """
    return "".join(sign for sign in unicodedata.normalize("NFC", text.casefold()) if sign.isalnum())
