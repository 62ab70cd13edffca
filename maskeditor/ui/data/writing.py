"""Where what is made of data goes: asked for, and written beside the window."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import TypeVar

from PyQt6.QtWidgets import QFileDialog, QWidget

from maskeditor.engine.errors import MaskEditorError
from maskeditor.engine.progress import Progress
from maskeditor.io import formats
from maskeditor.ui.work.editor import Editor

Made = TypeVar("Made")


def write(
    editor: Editor,
    parent: QWidget,
    title: str,
    suggested: Path,
    shown: str,
    endings: tuple[str, ...],
    work_on: Callable[[Path], Callable[[Progress], Made]],
    done: Callable[[Path, Made], None],
) -> None:
    """Ask for a file, and have it written; what cannot be is said.

    Parameters
    ----------
    editor : Editor
    parent : QWidget
    title : str
        Of the dialog.
    suggested : Path
    shown : str
        The kinds of files that are listed, as Qt writes them.
    endings : tuple of str
        Of which the name gets the first, if it has none.
    work_on : callable
        Returns what writes the file, on any thread; may raise `MaskEditorError`.
    done : callable
        Called with the file and with what was made.
    """
    name, _ = QFileDialog.getSaveFileName(parent, title, str(suggested), shown)
    if not name:
        return
    path = formats.with_ending(Path(name), endings)
    try:
        work = work_on(path)
    except MaskEditorError as error:
        editor.failed.emit(str(error))
        return
    editor.jobs.run(f"Saving {path.name}", work, lambda made: done(path, made))
