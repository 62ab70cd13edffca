r"""Lists of names as Spinal Cord Toolbox has them (``qc_fail.yml``): all of YAML that such a list needs.

A name may hold anything, and comes back from what is written, and out of what others have written, as PyYAML reads it,
with which the toolbox reads and writes.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from typing import NamedTuple

from maskeditor.core.errors import FileError

#: Under what key segmentations stand there.
SEGMENTATIONS = "FILES_SEG"
#: What ends a line in YAML 1.1.
_BREAK, _IN_LINE = "(?:\r\n|[\r\n\x85\u2028\u2029])", "[^\r\n\x85\u2028\u2029]"
_LINE = re.compile(f"({_IN_LINE}*)(?:{_BREAK}|$)")
# (Blanks are taken as a whole: to share them out among two places would take the square of their number.)
_NOTHING = re.compile(r"\s*+(?:#.*|---|\.\.\.)?\s*+")
_KEY = re.compile(r"[A-Za-z_][\w-]*+\s*+:\s*+(?:\[\s*+\])?\s*+(?:(?<=\s)#.*)?")
_DASH = re.compile(r"([ \t]*)-[ \t]+(?=[^ \t])")
_QUOTED = re.compile(r"""("(?:[^"\\]|\\.)*"|'(?:[^']|'')*')""", re.DOTALL)
#: What in quotes stands for something else: blanks around the ends of lines, and between double ones also escapes.
_FOLD = rf"[ \t]*+(?P<break>{_BREAK})(?P<more>(?:[ \t]*{_BREAK})*)[ \t]*|[ \t]++"
_FOLDED = re.compile(_FOLD)
_ESCAPED = re.compile(
    rf"\\(?P<joined>{_BREAK})(?P<kept>(?:[ \t]*{_BREAK})*)[ \t]*|{_FOLD}"
    r"|\\(?:x(?P<x>[0-9a-fA-F]{2})|u(?P<u>[0-9a-fA-F]{4})|U(?P<U>[0-9a-fA-F]{8})|(?P<letter>.))"
)
_LETTERS = dict(zip("0abtnvfreN_LP", "\0\a\b\t\n\v\f\r\x1b\x85\xa0\u2028\u2029", strict=True))
#: A name that is a text to YAML, and no number, date or word for true, without quotes too.
_PLAIN = re.compile(r"[A-Za-z0-9_][A-Za-z0-9_./+-]*\.[A-Za-z]+")


class Entry(NamedTuple):
    """A name in a list, and the comment after it."""

    name: str
    note: str


def list_of_names(names: Iterable[str]) -> str:
    r"""Return a list of names, as YAML.

    Examples
    --------
    >>> print(list_of_names(["sub-01_T1w.nii.gz", "2026", "two\u2028lines.nii"]), end="")
    FILES_SEG:
    - sub-01_T1w.nii.gz
    - "2026"
    - "two\u2028lines.nii"
    """
    lines = "".join(f"- {as_entry(name)}\n" for name in names)
    return f"{SEGMENTATIONS}:\n{lines}" if lines else f"{SEGMENTATIONS}: []\n"


def as_entry(name: str) -> str:
    """Return a name as it stands in a list: in quotes where it might be taken for something else, and all in ASCII."""
    return name if _PLAIN.fullmatch(name) else '"' + re.sub(r'["\\]|[^ -~]', _escaped, name) + '"'


def _escaped(found: re.Match[str]) -> str:
    character = found[0]
    if character in '"\\':
        return f"\\{character}"
    return f"\\u{ord(character):04x}" if ord(character) < 1 << 16 else f"\\U{ord(character):08x}"


def names_in(text: str, file: str) -> Iterator[Entry]:
    """Yield the names of a list.

    Parameters
    ----------
    text : str
        Of the file.
    file : str
        What it is called.

    Raises
    ------
    FileError
        If there is something else in it, or an entry without a name.
    """
    at, below = 0, False
    while at < len(text):
        line = _line(text, at)
        dash = _DASH.match(text, at) if below else None
        if _NOTHING.fullmatch(line[1]):
            at = line.end()
        elif dash is not None and (entry := _entry(text, dash)) is not None:
            name, note, end = entry
            if not name:
                raise FileError(
                    f'{file}, line {_number(text, at)}: no name stands after "- "; write one there, or take the line '
                    "out."
                )
            yield Entry(name, note)
            at = end
        elif _KEY.fullmatch(line[1]):
            below, at = True, line.end()
        else:
            raise FileError(
                f"{file}, line {_number(text, at)}: {line[1].strip()[:40]!r} is neither a key such as "
                f'{SEGMENTATIONS}: nor a name after "- "; correct it.'
            )


def _number(text: str, at: int) -> int:
    """Return the number of the line that begins somewhere."""
    return len(re.findall(_BREAK, text[:at])) + 1


def _line(text: str, at: int) -> re.Match[str]:
    line = _LINE.match(text, at)
    assert line is not None, "a line may be empty"
    return line


def _entry(text: str, dash: re.Match[str]) -> tuple[str, str, int] | None:
    """Return the name after a dash, its comment, and where the next line begins; None for what is no name."""
    quoted = _QUOTED.match(text, dash.end())
    if quoted is not None:
        line = _line(text, quoted.end())
        rest = line[1]
        if _NOTHING.fullmatch(rest) is None or rest.startswith("#"):
            return None
        name = _within(quoted[1])
        return name, rest.partition("#")[2].strip(), line.end()
    if text[dash.end()] in "\"'":
        return None
    line = _line(text, dash.end())
    name, *note = re.split(r"^#|(?<=[ \t])#", line[1], maxsplit=1)
    parts = [name.strip()]
    # What is further to the right than the dash goes on with the name.
    while not note and (more := _more(text, line.end(), dash[1])) is not None:
        line = more
        name, *note = re.split(r"(?<=[ \t])#", line[1], maxsplit=1)
        parts.append(name.strip())
    return " ".join(parts), "".join(note).strip(), line.end()


def _more(text: str, at: int, indent: str) -> re.Match[str] | None:
    line = _line(text, at)
    further = line[1].startswith((f"{indent} ", f"{indent}\t"))
    return line if further and not _NOTHING.fullmatch(line[1]) and not _DASH.match(line[1]) else None


def _within(quoted: str) -> str:
    inside = quoted[1:-1]
    if quoted[0] == "'":
        return _FOLDED.sub(_folded, inside).replace("''", "'")
    # (Halves of pairs are put together: other programs, and this one before, wrote them so.)
    return _ESCAPED.sub(_meant, inside).encode("utf-16", "surrogatepass").decode("utf-16", "surrogatepass")


def _folded(found: re.Match[str]) -> str:
    """Return what the ends of lines stand for: one is a blank, and of several the first is none; blanks as they are."""
    if not found["break"]:
        return found[0]
    first, more = _ends(found["break"]), _ends(found["more"])
    return first + more if first != "\n" else more or " "


def _ends(breaks: str) -> str:
    return "".join(one if one in "\u2028\u2029" else "\n" for one in re.findall(_BREAK, breaks))


def _meant(found: re.Match[str]) -> str:
    if found["joined"]:
        return _ends(found["kept"])
    if not found[0].startswith("\\"):
        return _folded(found)
    code = found["x"] or found["u"] or found["U"]
    if code and int(code, 16) < 0x110000:
        return chr(int(code, 16))
    return _LETTERS.get(found["letter"] or "", found["letter"] or found[0])
