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
from maskeditor.model.data.apply_in_session import save_unmasked, unmasked
from maskeditor.ui.data.declaration import DataEntry
from maskeditor.ui.data.writing import write
from maskeditor.ui.files.filters import SAVE_MASK_FILES
from maskeditor.ui.work.editor import Editor


def open_files(editor: Editor, parent: QWidget) -> None:
    """Ask for the table, read it, ask where the image goes, and write the values of the active ROI's voxels."""
    session = editor.session
    if session is None:
        return
    beside = str(session.path.parent) if session.path is not None else ""
    shown = f"Values of voxels ({formats.patterns((*TABLES, ARRAY_ENDING))})"
    given, _ = QFileDialog.getOpenFileName(parent, "Choose the values of the mask's voxels", beside, shown)
    if not given:
        return
    table, endings = Path(given), formats.WRITTEN.written
    suggested = table.with_name(f"{table.stem}{endings[0]}")

    def save(made: Volume) -> None:
        """Ask where it goes, now that it is known that there is something to save."""

        def work_on(path: Path) -> Callable[[Progress], Volume]:
            return save_unmasked(session, made, path)

        def done(path: Path, _: Volume) -> None:
            editor.say(" ".join((f"Saved {path}.", *made.findings)))

        write(editor, parent, "Save the values as an image", suggested, SAVE_MASK_FILES, endings, work_on, done)

    editor.jobs.run(f"Reading {table.name}", unmasked(session, table, editor.active), save)


DATA = DataEntry(
    id="unmask",
    text="&Unmask a table…",
    order=70,
    tip="Save the values of the active ROI's voxels, from a table or an array of numpy, as an image.",
    open=open_files,
    needs=(Ability.IMAGE, Ability.MASK),
)
