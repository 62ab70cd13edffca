"""Sessions in the window: their journals, saving and opening them, and what an ended program left behind."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from pathlib import Path
from typing import TYPE_CHECKING

from PyQt6.QtCore import QDateTime, QLocale, QObject, QTimer
from PyQt6.QtWidgets import QFileDialog, QWidget

from maskeditor.engine.errors import MaskEditorError
from maskeditor.io import formats
from maskeditor.io.formats.session import SESSION
from maskeditor.model.numbers_in_words import in_number
from maskeditor.model.recording import ENDING, check_session, journals_folder
from maskeditor.model.restoring import restore_session
from maskeditor.model.session import Session
from maskeditor.model.source import SourceChanged, SourceMissing
from maskeditor.ui.dialogs import Answer, SessionChoice, ask, is_asking, offer_sessions
from maskeditor.ui.files.filters import IMAGE_FILES, SESSION_FILES
from maskeditor.ui.files.names import safe_name
from maskeditor.ui.files.opening import show_session
from maskeditor.ui.files.recent import remember, start_folder
from maskeditor.ui.files.saving import SAVE_SESSION, Saving
from maskeditor.ui.qt import running_application
from maskeditor.ui.work.editor import Editor
from maskeditor.ui.work.interface_thread import call_on_interface
from maskeditor.ui.work.pending import Then, nothing
from maskeditor.ui.work.worker import Lane

if TYPE_CHECKING:
    from maskeditor.io.journal.leftovers import Leftover

#: Milliseconds after an image is shown before its fingerprint is worked out; the window is drawn first.
_PAUSE = 400
#: Milliseconds after the last change of what is in hand before it is written into the journal.
_SETTLED = 200


class Sessions(QObject):
    """Keeps the open session in its journal; opens, saves and offers sessions.

    Parameters
    ----------
    editor : Editor
    saving : Saving
    parent : QWidget
        Whose dialogs they are.
    """

    def __init__(self, editor: Editor, saving: Saving, parent: QWidget) -> None:
        super().__init__(parent)
        self._editor = editor
        self._saving = saving
        self._parent = parent
        saving.offer_together(SAVE_SESSION, self.save_as)
        self._lane = Lane("journal", parent=self)
        self._session: Session | None = None
        self._left: tuple[Leftover, ...] | None = None
        self._pause = QTimer(self)
        self._pause.setSingleShot(True)
        self._pause.setInterval(_PAUSE)
        self._pause.timeout.connect(self._identify)
        # A brush is turned through many sizes; the last is written.
        self._settle = QTimer(self)
        self._settle.setSingleShot(True)
        self._settle.setInterval(_SETTLED)
        self._settle.timeout.connect(self._write_hands)

    def begin(self) -> None:
        """Keep a journal of what is opened from now on, and offer what ended programs have left."""
        self._editor.image_changed.connect(self._keep_journal)
        # Once the move is over that a stroke has made, and what has ended has been handed over.
        for changed in (self._editor.jobs.busy_changed, self._editor.document_changed):
            changed.connect(lambda: QTimer.singleShot(0, self._offer))
        self._editor.hands_changed.connect(self._settle.start)
        running_application().aboutToQuit.connect(self._leave)

    def _keep_journal(self) -> None:
        session = self._editor.session
        if session is None or session is self._session:
            return
        self._end()
        self._session = session
        session.recording.failed.connect(self._report_trouble)
        session.keep_journal()
        self._pause.start()

    def _report_trouble(self, sentence: str) -> None:
        # From any thread, and in the middle of a move: it is shown once that is over.
        call_on_interface(self, self._editor.failed.emit, sentence)

    def _identify(self) -> None:
        session = self._session
        if session is not None:
            self._lane.submit(lambda progress: session.identify(progress), lambda _: self._look_for_leftovers(), _raise)

    def _write_hands(self) -> None:
        session = self._session
        if session is not None:
            self._lane.submit(lambda progress: session.recording.write_facts(), lambda _: None, _raise)

    def _end(self, discard: bool = True) -> None:
        """Close the session's journal, which is removed with `discard`: the work is saved or given up."""
        if self._session is not None:
            if self._settle.isActive():
                # A file of the user's own stays.
                self._session.recording.write_facts()
            self._session.close(discard)
        self._settle.stop()

    def close(self) -> None:
        """Stop, and remove the journal: the work is saved or given up."""
        self._pause.stop()
        self._lane.close()
        self._end()

    def _leave(self) -> None:
        """Leave the journal whole where the program ends without having asked; the next one offers the session."""
        self._pause.stop()
        self._end(discard=False)

    # Opening and saving -------------------------------------------------------------------------------------------

    def open(self, path: Path, then: Callable[[], None] | None = None) -> None:
        """Open a saved session or a journal, once unsaved changes are dealt with; `then` is called once it is shown."""
        session = self._session
        if session is not None and session.recording.path == path.absolute():
            self._editor.say(f"{path.name} is open already.")
            if then is not None:
                then()
            return
        # Looked into first: what cannot be opened takes nothing away, so that there is nothing to ask.
        self._editor.jobs.run(
            f"Looking into {path.name}",
            lambda progress: check_session(path),
            lambda _: self._saving.after_saving(lambda: self._restore(path, then)),
        )

    def _restore(
        self,
        path: Path,
        then: Callable[[], None] | None,
        accept: bool = False,
        now: Mapping[str, Path] | None = None,
    ) -> None:
        """Open a session in the place of the open one, which is dealt with.

        Parameters
        ----------
        path : Path
        then : callable, optional
            Called once it is shown.
        accept : bool
            Whether an image that differs will do.
        now : mapping of str to Path, optional
            Where its images are now that were moved: further ones by name, under "" the one that is edited on.
        """

        def done(session: Session) -> None:
            if path.parent != journals_folder():
                remember(path, session)
            show_session(self._editor, session)
            if session.note:
                self._editor.failed.emit(session.note)
            else:
                opened = f"Opened {session.name} with {in_number(len(session.document.timeline), 'step')}."
                self._editor.say(" ".join((opened, *session.document.volume.findings)))
            if then is not None:
                then()

        def failed(error: MaskEditorError) -> None:
            if isinstance(error, SourceMissing):
                self._ask_where(path, then, accept, now, error)
            elif isinstance(error, SourceChanged):
                self._ask_whether(path, then, now, error)
            else:
                self._editor.failed.emit(str(error))

        self._editor.jobs.run(
            f"Opening {path.name}",
            lambda progress: restore_session(path, (now or {}).get(""), accept, progress, images=now),
            done,
            failed,
        )

    def _ask_where(
        self,
        path: Path,
        then: Callable[[], None] | None,
        accept: bool,
        now: Mapping[str, Path] | None,
        error: SourceMissing,
    ) -> None:
        answer = ask(
            self._parent,
            "Where is the image?",
            f"The image {error.name or error.path.name} is no longer at {error.path}.",
            yes="Choose a file…",
            no="Choose a folder…",
        )
        if answer is not Answer.CANCEL:
            self._open_with(path, then, accept, now or {}, error.further, folder=answer is Answer.NO)

    def _ask_whether(
        self, path: Path, then: Callable[[], None] | None, now: Mapping[str, Path] | None, error: SourceChanged
    ) -> None:
        other = "Choose another image…"
        answer = ask(
            self._parent,
            "Another image",
            f"{error.said}.",
            yes="Open all the same" if error.usable else other,
            no=other if error.usable else "",
            details=error.differences,
        )
        if answer is Answer.YES and error.usable:
            self._restore(path, then, accept=True, now=now)
        elif answer is not Answer.CANCEL:
            is_folder = error.path is not None and error.path.is_dir()
            self._open_with(path, then, False, now or {}, error.further, is_folder)

    def _open_with(
        self,
        path: Path,
        then: Callable[[], None] | None,
        accept: bool,
        now: Mapping[str, Path],
        further: str,
        folder: bool,
    ) -> None:
        """Have an image chosen, the one that is edited on ("") or a further one, and open the session with it."""
        start = str(path.parent)
        if folder:
            name = QFileDialog.getExistingDirectory(self._parent, "Choose the DICOM folder", start)
        else:
            name, _ = QFileDialog.getOpenFileName(self._parent, "Choose the image", start, IMAGE_FILES)
        if name:
            self._restore(path, then, accept, {**now, further: Path(name)})

    def save_as(self, then: Then = nothing) -> None:
        """Ask where to save the session; from then on every move is kept there; then do something."""
        session = self._editor.session
        assert session is not None
        source = session.path
        stem = formats.stem(source) if source is not None and formats.is_image_file(source) else session.name
        start = start_folder() / f"{safe_name(stem)}{ENDING}"
        name, _ = QFileDialog.getSaveFileName(self._parent, "Save session", str(start), SESSION_FILES)
        if not name:
            return
        path = formats.with_ending(Path(name), SESSION.endings).absolute()

        def done(_: None) -> None:
            remember(path, session)
            self._editor.say(f"Saved the session as {path}; every move is kept there from now on.")
            self._editor.document_changed.emit()
            then()

        self._editor.jobs.run(f"Saving {path.name}", lambda progress: session.save_session(path), done)

    # What an ended program left -----------------------------------------------------------------------------------

    def look_for_interrupted(self) -> None:
        """Offer the sessions that ended programs left behind, or say that there is none."""

        def found(left: tuple[Leftover, ...]) -> None:
            self._found(left)
            if not left:
                self._editor.say("There is no interrupted session.")

        self._lane.submit(lambda progress: _leftovers(), found, _raise)

    def _look_for_leftovers(self) -> None:
        if self._left is None:
            self._left = ()
            self._lane.submit(lambda progress: _unkept(_leftovers()), self._found, _raise)

    def _found(self, left: tuple[Leftover, ...]) -> None:
        self._left = left
        self._offer()

    def _offer(self) -> None:
        # Not into a stroke, whose end would go to the dialog.
        if self._editor.jobs.running or not self._left or self._editor.layers.stroke is not None:
            return
        # Nor over another question, which is about the image that is open.
        if is_asking(self._offer):
            return
        left, self._left = list(self._left), ()
        while left:
            choice, row = offer_sessions(self._parent, [_row(one) for one in left], [one.can_open for one in left])
            if choice is SessionChoice.LATER:
                return
            chosen = left.pop(row)
            if choice is SessionChoice.RESTORE:
                self.open(chosen.path)
                return
            self._discard(chosen)

    def _discard(self, chosen: Leftover) -> None:
        from maskeditor.io.journal.leftovers import discard

        question = (
            f"Discard {in_number(chosen.steps, 'step')} on {chosen.name}?"
            if chosen.name
            else f"Discard {chosen.path.name}?"
        )
        if ask(self._parent, "Discard", question, yes="Discard") is Answer.YES:
            discard(chosen.path)


def _leftovers() -> tuple[Leftover, ...]:
    from maskeditor.io.journal.leftovers import leftovers

    return leftovers(journals_folder(), ENDING)


def _unkept(left: tuple[Leftover, ...]) -> tuple[Leftover, ...]:
    """Return those that hold what no file holds, which has to be asked about."""
    from maskeditor.model.left_behind import is_kept

    return tuple(one for one in left if not is_kept(one.path))


def _row(left: Leftover) -> tuple[str, str, str, str]:
    return left.name or left.path.name, when_in_words(left.time), str(left.steps) if left.can_open else "", left.problem


def when_in_words(seconds: float, now: QDateTime | None = None) -> str:
    """Return a time, in seconds since 1970, as one says it where one is; `now` is the present by default."""
    here, time = QLocale(), QDateTime.fromSecsSinceEpoch(int(seconds))
    days = time.daysTo(now or QDateTime.currentDateTime())
    # Not as 1/2/26, which may be either month.
    day = {0: "today", 1: "yesterday"}.get(days) or here.toString(time.date(), "d MMMM yyyy")
    return f"{day}, {here.toString(time.time(), QLocale.FormatType.ShortFormat)}"


def _raise(error: Exception) -> None:
    raise error
