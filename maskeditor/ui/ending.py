"""The end of a program or a script with windows: they are taken apart before PyQt goes through what is left."""

from __future__ import annotations

import atexit
from functools import cache

from PyQt6 import sip
from PyQt6.QtCore import QCoreApplication, QEvent
from PyQt6.QtWidgets import QApplication


@cache  # which holds the application too: one that nobody holds would go at once, or before its windows
def end_in_order(app: QApplication) -> None:
    """See to it that the application stays until the interpreter ends, and no window after that.

    As Python ends, PyQt walks along its list of all objects, and deletes those that Python owns. What goes with a
    window is in that list too, so that the walk comes to memory that is free already, and ends by a signal.

    Parameters
    ----------
    app : QApplication
        The application object.
    """
    # Before PyQt does so: it asked first, and who asks last is called first.
    atexit.register(take_apart)


def take_apart() -> None:
    """Take all windows apart with all that belongs to them, at once.

    The collector of garbage would do so in an order of its own.
    """
    for window in filter(sip.ispyowned, QApplication.topLevelWidgets()):  # the others go with these, or are Qt's own
        # One that is still seen would be hidden part by part meanwhile, and parts look after others.
        window.hide()
        window.deleteLater()
    QCoreApplication.sendPostedEvents(None, QEvent.Type.DeferredDelete)
