"""In which order Tab comes to what was made later than what stands around it: as one reads, not last of all."""

from __future__ import annotations

from PyQt6.QtCore import Qt
from PyQt6.QtWidgets import QWidget


def tab_after(before: QWidget, part: QWidget) -> None:
    """Have Tab come to a part of a window, in its own order, right after a widget that takes the keyboard."""
    first = part
    while not _is_stop(first):
        following = first.nextInFocusChain()
        if following is None or not part.isAncestorOf(following):
            return
        first = following
    # Qt moves what hands the keyboard to a widget within it as a whole, and nothing that takes no keyboard.
    part.setFocusPolicy(Qt.FocusPolicy.TabFocus)
    part.setFocusProxy(first)
    QWidget.setTabOrder(before, part)
    part.setFocusProxy(None)
    part.setFocusPolicy(Qt.FocusPolicy.NoFocus)


def tab_before(part: QWidget, after: QWidget) -> None:
    """Have Tab come to a part of a window, in its own order, right before a widget of the same window."""
    before = after.previousInFocusChain()
    while before is not None and before is not after and (part.isAncestorOf(before) or not _is_stop(before)):
        before = before.previousInFocusChain()
    if before is not None:
        tab_after(before, part)


def _is_stop(widget: QWidget) -> bool:
    # What hands the keyboard on to another, as the line within a field of numbers does, goes with that.
    return bool(widget.focusPolicy() & Qt.FocusPolicy.TabFocus) and widget.focusProxy() is None
