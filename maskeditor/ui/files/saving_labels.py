"""All ROIs leaving together as one image of labels: where to, what of them it cannot hold, and saving it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path

from PyQt6.QtWidgets import QFileDialog, QWidget

from maskeditor.core.space.mask import Roi
from maskeditor.engine.errors import MaskEditorError
from maskeditor.engine.progress import Progress
from maskeditor.io import formats
from maskeditor.io.seen import ChangedElsewhere
from maskeditor.io.targets import labels_place
from maskeditor.model.checks import Check
from maskeditor.model.label_files import SUFFIX, label_checks, save_labels
from maskeditor.model.label_numbers import numbers_for
from maskeditor.model.numbers_in_words import in_number
from maskeditor.ui.files.filters import SAVE_MASK_FILES
from maskeditor.ui.files.label_values import LabelValues
from maskeditor.ui.files.saving import Saving
from maskeditor.ui.work.editor import Editor
from maskeditor.ui.work.pending import Then, nothing


class SavingLabels:
    """Saves all ROIs as one image of labels for the window.

    Parameters
    ----------
    editor : Editor
    saving : Saving
        What masks are saved by, whose choices count here too.
    parent : QWidget
        Whose dialogs they are.
    """

    def __init__(self, editor: Editor, saving: Saving, parent: QWidget) -> None:
        self._editor = editor
        self._saving = saving
        self._parent = parent
        saving.offer_together("Save as labels…", self.save_as)

    def save_as(self, then: Then = nothing) -> None:
        """Ask where to save, look the ROIs over, and save them; then do something."""
        name, _ = QFileDialog.getSaveFileName(
            self._parent, "Save ROIs as labels", str(self.suggested()), SAVE_MASK_FILES
        )
        if name:
            self._look(formats.with_ending(Path(name), formats.WRITTEN.written), then)

    def suggested(self) -> Path:
        """Return where the ROIs might be saved."""
        session = self._editor.session
        assert session is not None
        return session.saved_labels.path or self._saving.beside_image(SUFFIX)

    def _look(self, path: Path, then: Then) -> None:
        """Look the ROIs over, and save them if there is nothing to say or they are to be saved all the same."""
        session = self._editor.session
        assert session is not None

        def look(progress: Progress) -> tuple[Check, ...]:
            # What refuses the name comes before what takes long.
            labels_place(session.path, path)
            return label_checks(session, progress)

        def done(found: tuple[Check, ...]) -> None:
            rois = session.document.rois
            numbers = numbers_for(rois, session.document.timeline)
            if not self._saving.quiet:
                numbers = self._ask(path, rois, numbers, found)
            if numbers:
                self._save(path, numbers, then)

        self._editor.jobs.run("Looking the ROIs over", look, done)

    def _ask(
        self, path: Path, rois: Sequence[Roi], numbers: Mapping[str, int], found: Sequence[Check]
    ) -> dict[str, int]:
        """Show the values and what was found; return the values that are to be saved, none if it was given up."""
        dialog = LabelValues(path.name, rois, numbers, found, self._parent)
        agreed = bool(dialog.exec())
        self._saving.quiet = dialog.quiet.isChecked()
        chosen, given = dialog.chosen, dialog.numbers
        dialog.deleteLater()
        if chosen is not None and chosen.place is not None:
            self._editor.viewer.set_crosshair(chosen.place)
            self._editor.say(f"Not saved. {chosen.sentence}")
        return given if agreed else {}

    def _save(self, path: Path, numbers: Mapping[str, int], then: Then, replace_changed: bool = False) -> None:
        session, inside = self._editor.session, self._editor.preferred.value.recipe_in_masks
        assert session is not None

        def done(count: int) -> None:
            self._editor.say(f"Saved {in_number(count, 'ROI')} to {path}.")
            # From now on they are known by these numbers, whatever comes or goes before them.
            session.document.number_rois(numbers)
            then()

        def failed(error: MaskEditorError) -> None:
            if isinstance(error, ChangedElsewhere):
                self._ask_about_changed(path, numbers, then, error)
            else:
                self._editor.failed.emit(str(error))

        self._editor.jobs.run(
            f"Saving {path.name}",
            lambda progress: save_labels(session, path, progress, inside, replace_changed, chosen=numbers),
            done,
            failed,
        )

    def _ask_about_changed(self, path: Path, numbers: Mapping[str, int], then: Then, error: ChangedElsewhere) -> None:
        self._saving.ask_about_changed(
            error, lambda: self._save(path, numbers, then, replace_changed=True), lambda: self.save_as(then)
        )
