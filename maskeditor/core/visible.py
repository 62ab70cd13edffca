r"""Names as they are shown: on one line, in their own order, and with nothing in them that cannot be seen.

A file may be called anything: its name may break a line, turn the direction of what follows, colour a terminal, or
hold bytes that are no letters. Whatever prints, lists or draws a name shows the code of such a character in its place.
"""

from __future__ import annotations

import os
import re
import shlex

#: What breaks lines, steers terminals, turns directions, or cannot be seen; halves of pairs, as which Python has bytes
#: that are no letters. What joins letters, as emoji and Persian want it, stays.
_UNSEEN = re.compile(
    "[\x00-\x1f\x7f-\x9f\xad\u061c\u200b\u200e\u200f\u2028-\u202e\u2060\u2066-\u2069\ufeff\ufffe\uffff\ud800-\udfff]"
)
#: What parts lines and cells.
_PARTING = re.compile("[\t-\r\x1c-\x1e\x85\u2028\u2029]+")
#: What has a code between the quotes of a shell.
_IN_QUOTES = re.compile(rf"{_UNSEEN.pattern}|[\\']")


def visible(text: str) -> str:
    r"""Return a text on one line, with the codes of characters that cannot be seen in their place.

    Examples
    --------
    >>> print(visible("two\nlines, a\ttab,  blanks"))
    two\nlines, a\ttab,  blanks
    >>> print(visible(os.fsdecode(b"sub-01 \xff.nii")), visible("\u202egpj.exe"))
    sub-01 \udcff.nii \u202egpj.exe
    >>> visible("שלום é 脳") == "שלום é 脳"
    True
    """
    return _UNSEEN.sub(lambda found: found[0].encode("unicode_escape", "surrogatepass").decode(), text)


def on_one_line(text: str) -> str:
    r"""Return sentences, which may go over several lines, as `visible` does, but with blanks where lines or cells part.

    Examples
    --------
    >>> on_one_line("1 error in a  b.nii:\n  lower: too low\n")
    '1 error in a  b.nii: lower: too low'
    """
    # (Blanks around what parts them go part by part: to look for both at once would take the square of their number.)
    return visible(" ".join(filter(None, (part.strip() for part in _PARTING.split(text)))))


def shell_word(text: str) -> str:
    r"""Return a text as one word of a shell, on one line: bytes that cannot be seen as bash, zsh and POSIX write them.

    Examples
    --------
    >>> print(shell_word("sub-01.nii"), shell_word("it's.nii"), shell_word("two\nlines's.nii"))
    sub-01.nii 'it'"'"'s.nii' $'two\012lines\'s.nii'
    """
    if not _UNSEEN.search(text):
        return shlex.quote(text)
    # (In octal, as some shells read more than two digits after \x.)
    return "$'" + _IN_QUOTES.sub(_quoted, text) + "'"


def _quoted(found: re.Match[str]) -> str:
    if found[0] in "\\'":
        return f"\\{found[0]}"
    return "".join(f"\\{byte:03o}" for byte in os.fsencode(found[0]))
