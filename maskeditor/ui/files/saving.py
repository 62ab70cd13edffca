"""Saving masks: where to, what is worth a look before, and what is not saved yet."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import partial
from pathlib import Path

from PyQt6.QtCore import QObject, pyqtSignal
from PyQt6.QtWidgets import QFileDialog, QWidget

from maskeditor.core.operation.as_script import joined
from maskeditor.core.space.mask import in_quotes
from maskeditor.engine.errors import MaskEditorError
from maskeditor.engine.progress import Progress
from maskeditor.io import formats
from maskeditor.io.seen import ChangedElsewhere
from maskeditor.io.targets import mask_place
from maskeditor.model.bids_names import bids_name
from maskeditor.model.checks import Check
from maskeditor.model.mask_files import mask_checks, roi_in_name, save_mask
from maskeditor.model.numbers_in_words import counted
from maskeditor.ui.dialogs import Answer, ask, choose
from maskeditor.ui.files.filters import SAVE_MASK_FILES
from maskeditor.ui.files.names import beside_image
from maskeditor.ui.files.save_checks import SaveChecks
from maskeditor.ui.work.editor import Editor
from maskeditor.ui.work.pending import Then

#: What saves the session, among what is offered where something is not saved.
SAVE_SESSION = "Save the session…"
#: Of so many ROIs that are not saved the names are listed.
FEW = 6


class Saving(QObject):
    """Saves masks for the window.

    Parameters
    ----------
    editor : Editor
    parent : QWidget
        Whose dialogs they are.
    """

    #: The operation of this id removes what was found, and is to be shown.
    remedy_chosen = pyqtSignal(str)

    def __init__(self, editor: Editor, parent: QWidget) -> None:
        super().__init__(parent)
        self._editor = editor
        self._parent = parent
        #: Whether masks are saved without a look.
        self.quiet = False
        self._together: list[tuple[str, Callable[[Then], None]]] = []
        # Fingerprints of masks that were looked at and saved all the same.
        self._accepted: set[str] = set()

    def offer_together(self, way: str, save: Callable[[Then], None]) -> None:
        """Offer a way in which all ROIs are saved at once, where several are not saved; then what is given goes on."""
        self._together.append((way, save))

    def save_mask(self, then: Then | None = None) -> None:
        """Save the active ROI where it was saved before, or ask where."""
        session = self._editor.session
        assert session is not None
        path = session.files.get(self._editor.active)
        # What was opened may be packed so as is only read, and a session from elsewhere names any file. A mask as it
        # was after an earlier row does not take the place of the present one by a mere Ctrl+S.
        is_asked = path is not None and (self._editor.active in session.unchosen or self._editor.row_looked_at)
        if path is None or not formats.can_write(path) or is_asked:
            self.save_mask_as(then)
        else:
            self._look(path, then)

    def save_mask_as(self, then: Then | None = None) -> None:
        """Ask where to save the active ROI, and save it."""
        name, _ = QFileDialog.getSaveFileName(self._parent, "Save mask", str(self.suggested()), SAVE_MASK_FILES)
        if name:
            self._look(formats.with_ending(Path(name), formats.WRITTEN.written), then)

    def suggested(self) -> Path:
        """Return where the active ROI might be saved."""
        session = self._editor.session
        assert session is not None
        before = session.files.get(self._editor.active)
        if before is not None and formats.can_write(before):
            if not self._editor.row_looked_at:
                return before
            return before.with_name(f"{formats.stem(before)}_earlier{formats.WRITTEN.written[0]}")
        return self.beside_image("mask", roi_in_name(session, self._editor.active))

    def beside_image(self, suffix: str, name: str = "") -> Path:
        """Return the name of a file of masks beside the image; it is not looked whether it is there.

        Parameters
        ----------
        suffix : {"mask", "dseg"}
            What BIDS calls such a file.
        name : str
            What the mask is called.
        """
        session = self._editor.session
        assert session is not None
        plain = beside_image(session, name or suffix, formats.WRITTEN.written[0])
        image = formats.stem(session.path) if session.path is not None else ""
        proposed = bids_name(image, suffix, name, space=self._editor.preferred.value.space_in_names)
        return plain.with_name(proposed + formats.WRITTEN.written[0]) if proposed else plain

    # Looking and saving -------------------------------------------------------------------------------------------

    def _look(self, path: Path, then: Then | None) -> None:
        """Look the mask over, and save it if there is nothing to say or it is to be saved all the same."""
        session, roi = self._editor.session, self._editor.active
        assert session is not None
        if self.quiet:
            self._save(roi, path, then)
            return

        def done(result: tuple[str, tuple[Check, ...]]) -> None:
            digest, found = result
            if not found or digest in self._accepted or self._ask(roi, found):
                self._accepted.add(digest)
                self._save(roi, path, then)

        def look(progress: Progress) -> tuple[str, tuple[Check, ...]]:
            # What refuses the name comes before what takes long, and before anything is asked about the mask.
            mask_place(session.path, path)
            return mask_checks(session, roi, progress)

        self._editor.jobs.run("Looking the mask over", look, done)

    def _ask(self, roi: str, found: tuple[Check, ...]) -> bool:
        document = self._editor.document
        assert document is not None
        dialog = SaveChecks(document.roi(roi).name, found, self._parent)
        agreed = bool(dialog.exec())
        self.quiet = dialog.quiet.isChecked()
        chosen = dialog.chosen
        dialog.deleteLater()
        if chosen is not None:
            self._show(roi, chosen)
        return agreed

    def _show(self, roi: str, check: Check) -> None:
        self._editor.set_active(roi)
        if check.place is not None:
            self._editor.viewer.set_crosshair(check.place)
        if check.remedy:
            self.remedy_chosen.emit(check.remedy)
        self._editor.say(f"Not saved. {check.sentence}")

    def _save(self, roi: str, path: Path, then: Then | None, replace_changed: bool = False) -> None:
        session, inside = self._editor.session, self._editor.preferred.value.recipe_in_masks
        row = f", as the mask was {self._editor.row_looked_at}" if self._editor.row_looked_at else ""
        assert session is not None

        def done(_: None) -> None:
            self._editor.say(f"Saved {path}{row}.")
            self._editor.document_changed.emit()
            if then is not None:
                then()

        def failed(error: MaskEditorError) -> None:
            if isinstance(error, ChangedElsewhere):
                self._ask_about_changed(roi, path, error, then)
            else:
                self._editor.failed.emit(str(error))

        self._editor.jobs.run(
            f"Saving {path.name}",
            lambda progress: save_mask(session, roi, path, progress, inside, replace_changed),
            done,
            failed,
        )

    def _ask_about_changed(self, roi: str, path: Path, error: ChangedElsewhere, then: Then | None) -> None:
        self.ask_about_changed(
            error, lambda: self._save(roi, path, then, replace_changed=True), lambda: self.save_mask_as(then)
        )

    def ask_about_changed(self, error: ChangedElsewhere, replace: Then, save_as: Then) -> None:
        """Ask what becomes of files that others have changed or taken away since they were saved here, and do it."""
        answer = ask(
            self._parent,
            "Changed elsewhere",
            f"{error.what}.",
            yes="Save again" if error.is_gone else "Replace",
            no="Save as…",
        )
        if answer is Answer.YES:
            replace()
        elif answer is Answer.NO:
            save_as()

    def after_saving(self, go_on: Then) -> None:
        """Go on once what is pending is applied or given up, and unsaved masks are saved or given up; or never."""
        self._editor.pending.settle(lambda: self._after_saving(go_on))

    def _after_saving(self, go_on: Then) -> None:
        session = self._editor.session
        unsaved = session.unsaved() if session is not None else ()
        if session is None or not unsaved:
            self._after_saving_besides(go_on)
            return
        names = [session.document.roi(roi).name for roi in unsaved]
        if len(unsaved) > 1:
            self._ask_about_several(names, go_on)
            return
        question = f"{in_quotes(*names)} has changes that are not saved."
        answer = ask(self._parent, "Unsaved changes", question, yes="Save", no="Discard")
        if answer is Answer.NO:
            go_on()
        elif answer is Answer.YES:
            self._save_each(go_on)

    def _after_saving_besides(self, go_on: Then) -> None:
        """Go on once what only a session would keep is saved or given up; or never."""
        session = self._editor.session
        besides = session.unsaved_besides() if session is not None else ()
        if not besides:
            go_on()
            return
        sentence = joined(besides)
        is_one = len(besides) == 1 and besides[0].startswith("the image ")
        question = f"{sentence[0].upper()}{sentence[1:]} {'is' if is_one else 'are'} in no file; a session would keep "
        save = dict(self._together)[SAVE_SESSION]
        chosen = choose(
            self._parent, "Unsaved changes", f"{question}{'it' if is_one else 'them'}.", (SAVE_SESSION, "Discard")
        )
        if chosen == SAVE_SESSION:
            save(lambda: self._after_saving_besides(go_on))
        elif chosen:
            go_on()

    def _ask_about_several(self, names: Sequence[str], go_on: Then) -> None:
        def settled() -> None:
            self.after_saving(go_on)

        ways: dict[str, Then] = {way: partial(save, settled) for way, save in self._together}
        ways |= {"Save each": lambda: self._save_each(go_on), "Discard": go_on}
        more = f" and {counted(len(names) - FEW)} more" if len(names) > FEW else ""
        question = f"{counted(len(names))} ROIs have changes that are not saved: {in_quotes(*names[:FEW])}{more}."
        chosen = choose(self._parent, "Unsaved changes", question, tuple(ways))
        if chosen:
            # What is unsaved are the present masks, whatever row is looked at.
            self._editor.come_back(ways[chosen])

    def _save_each(self, go_on: Then) -> None:
        """Save the masks that are not saved, one after the other; if one is not, nothing goes on."""
        session = self._editor.session
        unsaved = session.unsaved() if session is not None else ()
        if not unsaved:
            self._after_saving_besides(go_on)
            return
        self._editor.set_active(unsaved[0])
        self._editor.come_back(lambda: self.save_mask(then=lambda: self._save_each(go_on)))
