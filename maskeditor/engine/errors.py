"""What all errors that a user may read come from, and the end of work that was stopped."""

from __future__ import annotations

#: Characters of a message that anybody reads; what is quoted from a file may be as long as the file.
LONGEST = 1_900


class MaskEditorError(Exception):
    """Base of all errors whose text is meant for the user; of a very long one, the beginning.

    Parameters
    ----------
    message : str
        A sentence, or a few: what was given, what is wanted, what to do.

    Examples
    --------
    >>> len(str(MaskEditorError("a" * 10_000)))
    1902
    """

    def __init__(self, message: str) -> None:
        super().__init__(message if len(message) <= LONGEST else f"{message[:LONGEST]} …")


class Cancelled(MaskEditorError):
    """The work was stopped on request; nothing was changed."""

    def __init__(self) -> None:
        super().__init__("Cancelled; nothing was changed.")
