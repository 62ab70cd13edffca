"""Names are shown as they are written, whatever stands in them: no label, tip or question takes text for markup."""

from __future__ import annotations

from typing import Any

from PyQt6.QtCore import Qt
from PyQt6.QtWidgets import QLabel, QProxyStyle


class PlainTextStyle(QProxyStyle):
    """A style of Qt's under which every label is plain text, those inside message boxes and tool tips too.

    Qt takes text for HTML when it looks so, and the name of an ROI, a file or a series may look like anything; what it
    names would then be loaded and drawn. A style meets every widget before it is first shown, whoever made it.
    """

    def polish(self, what: Any) -> Any:
        """Prepare a widget (or, for Qt has three methods of this name, the palette or the application)."""
        if isinstance(what, QLabel):
            what.setTextFormat(Qt.TextFormat.PlainText)
        return super().polish(what)


def without_shortcut(text: str) -> str:
    """Return a text for a menu or a button, in which no letter after an & is taken for a key.

    Examples
    --------
    >>> without_shortcut("grey & white")
    'grey && white'
    """
    return text.replace("&", "&&")
