"""The entry that writes values of a mask's voxels back as an image."""

from __future__ import annotations

from pathlib import Path

from PyQt6.QtWidgets import QFileDialog, QWidget

from maskeditor.engine.errors import MaskEditorError
from maskeditor.io import formats
from maskeditor.io.conditions import ENDINGS as TABLES
from maskeditor.io.numbers import ARRAY_ENDING
from maskeditor.model.abilities import Ability
from maskeditor.model.data.apply_in_session import unmask_to
from maskeditor.ui.data.declaration import DataEntry
from maskeditor.ui.files.filters import SAVE_MASK_FILES
from maskeditor.ui.work.editor import Editor


def open_files(editor: Editor, parent: QWidget) -> None:
    """Ask for the table and where the image goes, and write the values of the active ROI's voxels."""
    session = editor.session
    if session is None:
        return
    beside = str(session.path.parent) if session.path is not None else ""
    shown = f"Values of voxels ({formats.patterns((*TABLES, ARRAY_ENDING))})"
    given, _ = QFileDialog.getOpenFileName(parent, "Choose the values of the mask's voxels", beside, shown)
    if not given:
        return
    table, endings = Path(given), formats.WRITTEN.written
    suggested = str(table.with_name(f"{table.stem}{endings[0]}"))
    name, _ = QFileDialog.getSaveFileName(parent, "Save the values as an image", suggested, SAVE_MASK_FILES)
    if not name:
        return
    path = formats.with_ending(Path(name), endings)
    try:
        work = unmask_to(session, table, editor.active, path)
    except MaskEditorError as error:
        editor.failed.emit(str(error))
        return
    editor.jobs.run(f"Saving {path.name}", work, lambda _: editor.say(f"Saved {path}."))


DATA = DataEntry(
    id="unmask",
    text="&Unmask a table…",
    order=70,
    tip="Save the values of the active ROI's voxels, from a table or an array of numpy, as an image.",
    open=open_files,
    needs=(Ability.IMAGE, Ability.MASK),
)
