"""Names are shown as they are written, whatever stands in them: no label, tip or question takes text for markup."""

from __future__ import annotations

from PyQt6.QtCore import Qt
from PyQt6.QtWidgets import QLabel, QWidget


def as_plain_text(widget: QWidget) -> None:
    """Have a label take its text as it is, those inside message boxes and tool tips too.

    Qt takes text for HTML when it looks so, and the name of an ROI, a file or a series may look like anything; what it
    names would then be loaded and drawn.
    """
    if isinstance(widget, QLabel):
        widget.setTextFormat(Qt.TextFormat.PlainText)


def without_shortcut(text: str) -> str:
    """Return a text for a menu or a button, in which no letter after an & is taken for a key.

    Examples
    --------
    >>> without_shortcut("grey & white")
    'grey && white'
    """
    return text.replace("&", "&&")
