"""What all errors that a user may read come from, and the end of work that was stopped."""

from __future__ import annotations


class MaskEditorError(Exception):
    """Base of all errors whose text is meant for the user."""


class Cancelled(MaskEditorError):
    """The work was stopped on request; nothing was changed."""

    def __init__(self) -> None:
        super().__init__("Cancelled; nothing was changed.")
