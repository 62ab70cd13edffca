"""Saved sessions, which the window opens; they hold masks and steps, not the image."""

from __future__ import annotations

from maskeditor.io.format import Format, begins

SESSION = Format(
    title="Sessions",
    name="a saved session of maskeditor, or another SQLite database",
    recognise=begins(b"SQLite format 3\0"),
    endings=(".maskeditor",),
    remedy="open the session in the window, or give the image that it was made on",
)
FORMATS = (SESSION,)
