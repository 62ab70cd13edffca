"""Verdicts on the masks of a cohort: passed or failed, with a note; as a table, and as Spinal Cord Toolbox has them."""

from __future__ import annotations

import csv
import json
import re
from collections import defaultdict
from collections.abc import Iterable, Mapping
from functools import lru_cache
from itertools import accumulate
from pathlib import Path
from typing import NamedTuple

from maskeditor.core.errors import FileError
from maskeditor.core.fingerprints import KEYS, kind_of, recorded_in
from maskeditor.core.visible import on_one_line, visible
from maskeditor.engine.errors import MaskEditorError
from maskeditor.io.columns import NO_VALUE, Table
from maskeditor.io.provenance import matches
from maskeditor.io.save import write_text
from maskeditor.io.tables import read_text
from maskeditor.model.cohort.outliers import read_mask
from maskeditor.model.cohort.tasks import Outcome

PASS, FAIL = "pass", "fail"
#: How the key of a fingerprint begins that is that of a mask.
_OF_MASK = "mask_"
#: What is read of a table of verdicts, and what is written: a version before called the last one otherwise.
_READ = ("image", "verdict", "note", *(f"{_OF_MASK}{key}" for key in KEYS))
COLUMNS = _READ[:4]
#: How the files end that Spinal Cord Toolbox writes and reads, and under what key segmentations stand there.
_YAML, _SEGMENTATIONS = (".yml", ".yaml"), "FILES_SEG"
_LIST_KEY = re.compile(r"[A-Za-z_][\w-]*\s*:\s*(?:\[\s*\])?\s*")
#: An entry of the list: a name, in quotes or not, and a comment.
_ITEM = re.compile(r"""(?P<name>"(?:[^"\\]|\\.)*"|'(?:[^']|'')*'|.*?)(?:(?<!\s)\s++\#(?P<note>.*))?""")
_PLAIN = re.compile(r"[A-Za-z0-9_][A-Za-z0-9_./+-]*")


class Verdict(NamedTuple):
    """What was judged of a mask.

    Parameters
    ----------
    verdict : {"pass", "fail", ""}
        "" for a note alone.
    note : str
    fingerprint : str
        Of the voxels of the mask that was looked at; "" where that is not known.
    """

    verdict: str
    note: str = ""
    fingerprint: str = ""

    def is_stale(self, outcome: Outcome | None) -> bool:
        """Whether the mask is another now."""
        return outcome is None or (self.fingerprint != "" and self.fingerprint != outcome.fingerprint)


Verdicts = Mapping[str, Verdict]


def read_verdicts(path: Path, outcomes: Iterable[Outcome], out: Path) -> tuple[dict[str, Verdict], tuple[str, ...]]:
    """Return the verdicts in a file, by the key of the image, and a sentence for what in it is of no image here.

    Parameters
    ----------
    path : Path
        A table with the columns ``image`` and ``verdict``, or a list of failures (``qc_fail.yml``) as Spinal Cord
        Toolbox has it: names of images below a key such as ``FILES_SEG``.
    outcomes : iterable of Outcome
        What there is to judge.
    out : Path
        The folder of results; a mask in it is read where a verdict knows it by a hash of another kind than its outcome.

    Raises
    ------
    FileError
        If it cannot be read, or is neither.
    """
    known = {one.key: one for one in outcomes}
    named = _listed(path) if path.suffix.lower() in _YAML else _tabled(path)
    called: dict[str, list[str]] = defaultdict(list)
    for key, one in known.items():
        for name in _names_of(one):
            called[name].append(key)
    found: dict[str, Verdict] = {}
    strange: list[str] = []
    for name, verdict in named:
        keys = [name] if name in known else called.get(name.strip(), [])
        for key in keys:
            found[key] = _of_now(verdict, known[key], out)
        if not keys:
            strange.append(name)
    if not strange:
        return found, ()
    more = f" and {len(strange) - 5} more" if len(strange) > 5 else ""
    return found, (f"{path.name} names {', '.join(strange[:5])}{more}, which no image here is called; left out.",)


def _of_now(verdict: Verdict, outcome: Outcome, out: Path) -> Verdict:
    """Return a verdict with the fingerprint by which its outcome knows the mask, where it is of that."""
    now = outcome.fingerprint
    # A list of names says nothing of the mask: it is of the one that is there.
    is_its = not verdict.fingerprint or (
        kind_of(verdict.fingerprint) != kind_of(now)
        and _are_of(verdict.fingerprint, now, out / outcome.target, outcome.written)
    )
    return verdict._replace(fingerprint=now) if is_its else verdict


@lru_cache(maxsize=1 << 16)
def _are_of(one: str, other: str, path: Path, _written: tuple[int, ...]) -> bool:
    """Whether two fingerprints are both those of the mask in a file, which is read once as long as it is the same."""
    try:
        mask = read_mask(path)
    except MaskEditorError:
        return False
    return matches(one, mask) and matches(other, mask)


def _names_of(outcome: Outcome) -> set[str]:
    """Return what an image is called by verdicts: its key, its file, its mask, or a folder that it is in."""
    file = Path(outcome.image).name
    called = (outcome.key, file, file.split(".")[0], Path(outcome.target).name)
    # Tables hold names as they can be seen, lists as they are; blanks around them are nobody's.
    written = {one.strip() for one in (*called, *map(visible, called))}
    return written.union(accumulate(outcome.key.split("/")[:-1], "{}/{}".format))


def _tabled(path: Path) -> list[tuple[str, Verdict]]:
    rows = list(csv.DictReader(read_text(path).splitlines(), delimiter="\t", quoting=csv.QUOTE_NONE))
    if not rows:
        return []
    if not {"image", "verdict"} <= rows[0].keys():
        raise FileError(f"{path.name} is no table of verdicts: it lacks the columns image and verdict; give another.")
    found = []
    for number, row in enumerate(rows, 2):
        cells = {name: "" if row.get(name) in (None, NO_VALUE) else str(row[name]) for name in _READ}
        # A name may begin with a blank.
        image, cells = cells["image"], {name: cell.strip() for name, cell in cells.items()}
        if cells["verdict"] not in (PASS, FAIL, ""):
            raise FileError(f"{path.name}, line {number}: {cells['verdict']!r} is neither pass nor fail; correct it.")
        found.append((image, Verdict(cells["verdict"], cells["note"], recorded_in(cells, _OF_MASK))))
    return found


def _listed(path: Path) -> list[tuple[str, Verdict]]:
    """Return what a list of failures names; this is all of YAML that such a list needs."""
    found: list[tuple[str, Verdict]] = []
    below = False
    for number, line in enumerate(read_text(path).splitlines(), 1):
        text = line.strip()
        if not text or text.startswith("#") or text in ("---", "..."):
            continue
        if text.startswith("- ") and below:
            item = _ITEM.fullmatch(text[2:].strip())
            assert item is not None, "the last of its choices takes anything"
            found.append((_unquoted(item["name"]), Verdict(FAIL, (item["note"] or "").strip())))
        elif _LIST_KEY.fullmatch(text.split(" #")[0]):
            below = True
        else:
            raise FileError(
                f"{path.name}, line {number}: {text[:40]!r} is neither a key such as {_SEGMENTATIONS}: nor a name "
                'after "- "; correct it.'
            )
    return found


def _unquoted(name: str) -> str:
    if len(name) > 1 and name[0] == name[-1] == '"':
        try:
            return str(json.loads(name))
        except ValueError:
            return name
    return name[1:-1].replace("''", "'") if len(name) > 1 and name[0] == name[-1] == "'" else name


def write_verdicts(path: Path, verdicts: Verdicts) -> None:
    """Write verdicts as a table.

    Raises
    ------
    FileError
        If it cannot be written; an older file is then untouched.
    """
    rows = [(key, one.verdict, on_one_line(one.note), one.fingerprint) for key, one in sorted(verdicts.items())]
    Table({name: [row[place] for row in rows] for place, name in enumerate(COLUMNS)}).write(path)


def write_failures(path: Path, verdicts: Verdicts, outcomes: Iterable[Outcome]) -> None:
    """Write the failures as Spinal Cord Toolbox lists them in ``qc_fail.yml``: by the names of the images.

    Raises
    ------
    FileError
        If it cannot be written; an older file is then untouched.
    """
    names = [
        Path(one.image).name
        for one in sorted(outcomes, key=lambda one: one.key)
        if one.key in verdicts and verdicts[one.key].verdict == FAIL
    ]
    lines = (f"- {name if _PLAIN.fullmatch(name) else json.dumps(name)}\n" for name in names)
    write_text(path, f"{_SEGMENTATIONS}:{'' if names else ' []'}\n{''.join(lines)}")
