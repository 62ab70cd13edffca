"""Starts the window: first what is seen at once, then, beside it, all that takes time to import."""

from __future__ import annotations

import os
import sys
from pathlib import Path
from typing import TYPE_CHECKING

import pyqtgraph
from PyQt6.QtCore import QMessageLogContext, Qt, QtMsgType, qInstallMessageHandler
from PyQt6.QtGui import QIcon
from PyQt6.QtWidgets import QApplication

from maskeditor.model.given import Given
from maskeditor.ui.ending import end_in_order, take_apart
from maskeditor.ui.interrupts import Interrupts
from maskeditor.ui.look.resources import resource
from maskeditor.ui.look.theme import Themer, early_theme
from maskeditor.ui.main_window.faults import DIED, report
from maskeditor.ui.main_window.window import MainWindow
from maskeditor.ui.work.worker import Lane, leave
from maskeditor.version import __version__

if TYPE_CHECKING:
    from maskeditor.core.space.volume import Volume
    from maskeditor.ui.main_window.handing_over import Receiver
    from maskeditor.ui.main_window.help import WriteManual

#: Seconds that a thread may keep the interpreter from another that wants it. Python's own are five times as many, and
#: while a worker runs, a picture waits for the interpreter several times.
SWITCH = 0.001


def application() -> QApplication:
    """Return the one application object, made first if there is none."""
    app = QApplication.instance()
    if not isinstance(app, QApplication):
        sys.setswitchinterval(SWITCH)
        # Slices keep their own memory order; axes are handled by the views.
        pyqtgraph.setConfigOptions(imageAxisOrder="row-major")
        app = QApplication(sys.argv[:1])
        end_in_order(app)
        # A stroke goes through every point of the pointer's way. The X11 plug-in asks for less when it is loaded.
        app.setAttribute(Qt.ApplicationAttribute.AA_CompressHighFrequencyEvents, False)
        app.setOrganizationName("maskeditor")
        app.setApplicationName("maskeditor")
        app.setApplicationDisplayName("maskeditor")
        app.setApplicationVersion(__version__)
        app.setWindowIcon(QIcon(str(resource("icons/maskeditor.svg"))))
        Themer(app, early_theme())
    return app


def main(
    path: str | None = None,
    mask: str | None = None,
    recipe: str | None = None,
    cohort: str | None = None,
    write_manual: WriteManual | None = None,
) -> int:
    """Open the window and stay until it is closed.

    Parameters
    ----------
    path : str, optional
        Image to open; without one, the embedded sample is shown.
    mask, recipe : str, optional
        A mask to bring in, or a recipe to carry out, once the image is open.
    cohort : str, optional
        The folder of a batch; the image is opened as one of its images.
    write_manual : callable of Path and rows, optional
        Writes the manual, which describes the command line too, into a folder, with keys as they are, and returns its
        first page.

    Returns
    -------
    int
        Exit status.
    """
    qInstallMessageHandler(_report_from_qt)
    app = application()
    sys.excepthook = report
    given = Given.of(path, mask, recipe, cohort)
    receiver = None
    if (given.image or given.cohort) and _goes_to_an_open_window():
        from maskeditor.ui.main_window.handing_over import hand_over

        if hand_over(given):
            return 0
        # From now on: of several that are started at once, those after this one find it.
        receiver = _receiver()
    window = MainWindow()
    window.painted.connect(lambda: _wire(window, given, receiver, write_manual))
    window.show()
    interrupts = Interrupts(app)
    status = app.exec()
    interrupts.close()
    # Nobody has to look on while threads are waited for.
    window.hide()
    leave(status)
    take_apart()
    return status


def _goes_to_an_open_window() -> bool:
    """Whether a window that is open already opens what is given, as it is preferred."""
    from maskeditor.model.preferences import OPENS_IN, read
    from maskeditor.ui.look.kept import kept

    return read(kept())[0].opens_in != OPENS_IN[0]


def _receiver() -> Receiver:
    """Return what listens to other programs; it takes a tenth of the time to the first paint to import."""
    from maskeditor.ui.main_window.handing_over import Receiver

    return Receiver(application())


def _wire(window: MainWindow, given: Given, early: Receiver | None, write_manual: WriteManual | None) -> None:
    starter = Lane("start", parent=window)

    def done(has_died: bool) -> None:
        from maskeditor.ui.main_window.wiring import Wiring

        starter.close()
        wiring = Wiring(window, write_manual=write_manual)
        wiring.begin(given)
        wiring.listen(receiver)
        if has_died:
            wiring.editor.say(DIED)
        if wiring.editor.preferred.value.tour:
            wiring.commands.begin_tour()

    def failed(error: Exception) -> None:
        raise error

    def shown(volume: Volume) -> None:
        window.look_at(volume)
        starter.submit(lambda progress: ready(), done, failed)

    if given.image is None and given.cohort is None:
        starter.submit(lambda progress: first_image(), shown, failed)
    else:
        starter.submit(lambda progress: ready(), done, failed)
    # Beside what is imported there.
    receiver = early or _receiver()


def first_image() -> Volume:
    """Return what is shown without a path: the embedded sample."""
    from maskeditor.model.sample import sample_volume

    return sample_volume("t1")


def ready() -> bool:
    """Import the rest, and begin the log; return whether the run before has died."""
    from maskeditor.model.faults import begin_log, log_path

    import_the_rest()
    return begin_log(log_path())


def import_the_rest() -> None:
    """Import, beside the interface, what the panels and the first image need."""
    from maskeditor.core.garbage import for_good

    with for_good():
        # numpy.percentile would import it under the first image.
        import numpy.ma  # noqa: F401
        import platformdirs  # noqa: F401

        import maskeditor.io.journal.journal
        import maskeditor.ui.main_window.wiring  # noqa: F401
        from maskeditor.core.operation.declaration import operations

        operations()  # imports them: a panel lists them all


def _report_from_qt(kind: QtMsgType, place: QMessageLogContext, text: str | None) -> None:
    """Write what Qt says of itself, but for what nobody can do anything about.

    The platform without a display warns at every window that it cannot pass hints on to a window manager; and Qt 6.11
    of the sockets of its own when another program has gone that asked this window to open something.
    """
    if not any(known in (text or "") for known in ("propagateSizeHints", "of QNativeSocketEngine")):
        sys.stderr.write(f"{text}\n")


def picture(target: Path, image: Path | None, mask: Path | None) -> None:
    """Draw the window with an image (or the embedded EPI sample) and a mask's steps into a PNG file, without a display.

    Parameters
    ----------
    target : Path
        The PNG file.
    image : Path or None
        The image; None for the sample.
    mask : Path or None
        A mask that carries the recipe of steps on the image.
    """
    os.environ["QT_QPA_PLATFORM"] = "offscreen"
    qInstallMessageHandler(_report_from_qt)
    app = application()
    window = MainWindow()
    window.resize(1366, 768)
    window.show()
    app.processEvents()

    from maskeditor.model.recipes import read_recipe
    from maskeditor.model.session import Session
    from maskeditor.ui.main_window.wiring import Wiring

    wiring = Wiring(window, attended=False)
    session = Session.open(image) if image else Session.sample("epi")
    wiring.editor.set_session(session)
    if mask is not None:
        wiring.editor.bringing_in.recipe(read_recipe(mask))
    wiring.settle()
    window.grab().save(str(target))
    wiring.close()
    take_apart()
