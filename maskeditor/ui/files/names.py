"""Names that are suggested for files."""

from __future__ import annotations

from pathlib import Path

from maskeditor.io import formats
from maskeditor.model.session import Session
from maskeditor.ui.files.recent import start_folder


def safe_name(text: str) -> str:
    """Return a text as part of a file's name: letters, digits, "-", "_" and "." stay.

    Examples
    --------
    >>> safe_name("T1 (head)/mask")
    'T1__head__mask'
    """
    return "".join(sign if sign.isalnum() or sign in "-_." else "_" for sign in text)


def beside_image(session: Session, what: str, ending: str, image: Path | None = None) -> Path:
    """Return the name of a file beside a session's image that tells what it holds; not whether it is there.

    Parameters
    ----------
    session : Session
    what : str
        What it holds, such as the name of an ROI.
    ending : str
        With its point.
    image : Path, optional
        Of another image of the session, beside which it is to be.
    """
    source = image or session.path
    if source is None:
        folder, stem = start_folder(), session.name
    elif formats.is_image_file(source):
        folder, stem = source.parent, formats.stem(source)
    else:
        folder, stem = (source if source.is_dir() else source.parent).parent, session.name
    return folder / f"{safe_name(f'{stem}_{what}')}{ending}"
