"""Names that are suggested for files."""

from __future__ import annotations


def safe_name(text: str) -> str:
    """Return a text as part of a file's name: letters, digits, "-", "_" and "." stay.

    Examples
    --------
    >>> safe_name("T1 (head)/mask")
    'T1__head__mask'
    """
    return "".join(sign if sign.isalnum() or sign in "-_." else "_" for sign in text)
