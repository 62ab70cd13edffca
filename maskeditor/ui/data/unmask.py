"""The entry that writes values of a mask's voxels back as an image."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

from PyQt6.QtWidgets import QFileDialog, QWidget

from maskeditor.core.space.volume import Volume
from maskeditor.engine.progress import Progress
from maskeditor.io import formats
from maskeditor.io.conditions import ENDINGS as TABLES
from maskeditor.io.numbers import ARRAY_ENDING
from maskeditor.model.abilities import Ability
from maskeditor.model.data.apply_in_session import unmask_to
from maskeditor.ui.data.declaration import DataEntry
from maskeditor.ui.data.writing import write
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
    suggested, active = table.with_name(f"{table.stem}{endings[0]}"), editor.active

    def work_on(path: Path) -> Callable[[Progress], Volume]:
        return unmask_to(session, table, active, path)

    def done(path: Path, _: Volume) -> None:
        editor.say(f"Saved {path}.")

    write(editor, parent, "Save the values as an image", suggested, SAVE_MASK_FILES, endings, work_on, done)


DATA = DataEntry(
    id="unmask",
    text="&Unmask a table…",
    order=70,
    tip="Save the values of the active ROI's voxels, from a table or an array of numpy, as an image.",
    open=open_files,
    needs=(Ability.IMAGE, Ability.MASK),
)
