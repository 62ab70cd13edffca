"""Opening what a path holds: straight away where it is one image, else by choice while the search goes on."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import ExitStack
from functools import partial
from pathlib import Path
from typing import Any

from PyQt6.QtCore import QObject
from PyQt6.QtWidgets import QWidget

from maskeditor.core.garbage import no_garbage
from maskeditor.engine.errors import Cancelled, MaskEditorError
from maskeditor.engine.progress import Progress, Reporter
from maskeditor.io.open import Found, Opened, scan
from maskeditor.model.session import Session
from maskeditor.ui.files.series_chooser import SeriesChooser
from maskeditor.ui.work.editor import Editor
from maskeditor.ui.work.interface_thread import call_on_interface

#: The share of the search in the progress of opening.
_SEARCH = 0.3


def show_session(editor: Editor, session: Session) -> None:
    """Show a session that was opened, and what its image has about it that one should know."""
    editor.set_session(session)
    findings = session.document.volume.findings
    editor.say(" ".join(findings) if findings else f"Opened {session.name}.")


class Opening(QObject):
    """Searches a path on the worker, and reads the image that is the only one or was chosen.

    Parameters
    ----------
    editor : Editor
    parent : QWidget
        Whose dialog the list of images is.
    path : Path
    opened : callable
        Called with what was made of the image.
    make : callable of Opened
        Makes something of an image that was read, on the worker: a session.
    """

    def __init__(
        self,
        editor: Editor,
        parent: QWidget,
        path: Path,
        opened: Callable[[Any], None],
        make: Callable[[Opened], Any] = Session.of,
    ) -> None:
        super().__init__(parent)
        self._editor = editor
        self._window = parent
        self._path = path
        self._opened = opened
        self._make = make
        self._chooser: SeriesChooser | None = None
        self._is_given_up = False
        # Of ten thousand headers, which are all kept until one is chosen, each search for garbage stops all threads for
        # a fifth of a second.
        self._no_garbage = ExitStack()

    def start(self) -> None:
        """Search, and open or let choose."""

        def work(progress: Progress) -> Any:
            # Only now, as what waits for its turn may be given up.
            self._no_garbage.enter_context(no_garbage())
            found = scan(self._path, progress.part(0.0, _SEARCH), partial(call_on_interface, self, self._show))
            return found if len(found) > 1 else self._made(found[0], progress.part(_SEARCH, 1.0))

        if self._editor.jobs.busy:
            self.deleteLater()
        self._run(self._path.name, work, self._searched)

    def _made(self, found: Found, report: Reporter) -> Any:
        first = partial(call_on_interface, self, self._editor.first_read.emit)
        return self._make(found.open(report, first=first))

    def _run(self, name: str, work: Callable[[Progress], Any], done: Callable[[Any], None]) -> None:
        """Run something on the worker; what it returns, or None where it was given up, comes to `done`."""

        def unless_given_up(progress: Progress) -> Any:
            try:
                return work(progress)
            except Cancelled:
                return None

        self._editor.jobs.run(f"Opening {name}", unless_given_up, done, self._failed)

    def _show(self, found: list[Found]) -> None:
        if self._chooser is not None or len(found) > 1:
            self._open_chooser().show_images(found)

    def _open_chooser(self) -> SeriesChooser:
        if self._chooser is None:
            self._chooser = SeriesChooser(self._window)
            self._chooser.chosen.connect(self._read)
            self._chooser.rejected.connect(self._given_up)
            self._editor.jobs.progressed.connect(self._progressed)
            self._chooser.open()
        return self._chooser

    def _progressed(self, fraction: float) -> None:
        if self._chooser is not None:
            self._chooser.show_progress(fraction / _SEARCH)

    def _searched(self, result: Any) -> None:
        if isinstance(result, list) and not self._is_given_up:
            self._open_chooser().finish(result)
            return
        self._is_read(None if isinstance(result, list) else result)

    def _is_read(self, result: Any) -> None:
        # Over an image that is open, what was looked at goes; else the session shows the same at once.
        if result is None or self._editor.session is not None:
            self._editor.first_read.emit(None)
        self._end()
        if result is not None:
            self._opened(result)
        else:
            self._editor.say(str(Cancelled()))

    def _failed(self, error: MaskEditorError) -> None:
        self._end()
        self._editor.first_read.emit(None)
        self._editor.failed.emit(str(error))

    def _given_up(self) -> None:
        self._is_given_up = True
        if self._editor.jobs.busy:  # the search goes on, and ends by itself once it sees that
            self._editor.jobs.cancel()
        else:
            self._end()

    def _read(self, found: Found) -> None:
        self._close_chooser()
        self._run(found.info.description, lambda progress: self._made(found, progress), self._is_read)

    def _close_chooser(self) -> None:
        chooser, self._chooser = self._chooser, None
        if chooser is None:
            self._no_garbage.close()
            return
        self._editor.jobs.progressed.disconnect(self._progressed)
        chooser.close()
        chooser.let_go(self._no_garbage.close)
        chooser.deleteLater()

    def _end(self) -> None:
        self._close_chooser()
        self.deleteLater()
