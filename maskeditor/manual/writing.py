"""The manual as a folder of pages."""

from __future__ import annotations

import shutil
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from maskeditor.version import __version__

if TYPE_CHECKING:
    from maskeditor.ui.main_window.help import KeyRow

#: The page with places for a chapter, and how each kind of block is drawn.
_TEMPLATE = Path(__file__).with_name("page.html")
#: The page to begin with.
FIRST = "index.html"


def write_manual(folder: Path, keys: Sequence[KeyRow] | None = None) -> Path:
    """Write all pages and their pictures into a folder, which is made if there is none.

    Parameters
    ----------
    folder : Path
        What lies there under the same names is replaced.
    keys : sequence of rows, optional
        The keys and gestures, as `key_rows` returns them; the usual ones unless they are given.

    Returns
    -------
    Path
        The page to begin with.

    Raises
    ------
    OSError
        If the folder cannot be written.
    """
    from jinja2 import Environment, StrictUndefined

    from maskeditor.manual.chapters import chapters, usual_keys
    from maskeditor.manual.prose import as_html, pictures, readme

    folder.mkdir(parents=True, exist_ok=True)
    environment = Environment(autoescape=True, undefined=StrictUndefined, trim_blocks=True, lstrip_blocks=True)
    template = environment.from_string(_TEMPLATE.read_text("utf-8"))
    every = chapters(usual_keys() if keys is None else keys)
    for chapter in (None, *every):
        text = template.render(
            chapters=every, chapter=chapter, version=__version__, first=FIRST, introduction=as_html(readme()[0].text)
        )
        (folder / (FIRST if chapter is None else chapter.file)).write_text(text, "utf-8")
    for picture in pictures():
        shutil.copyfile(picture, folder / picture.name)
    return folder / FIRST
