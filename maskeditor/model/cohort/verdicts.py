"""Verdicts on the masks of a cohort: passed or failed, with a note; as a table, and as Spinal Cord Toolbox has them."""

from __future__ import annotations

import csv
import re
from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from functools import lru_cache
from itertools import accumulate
from pathlib import Path
from typing import NamedTuple

from maskeditor.core.errors import FileError
from maskeditor.core.fingerprints import KEYS, kind_of, recorded_in, why_not_compared
from maskeditor.core.visible import on_one_line, visible
from maskeditor.engine.errors import MaskEditorError
from maskeditor.io.columns import NO_VALUE, Table
from maskeditor.io.provenance import matches
from maskeditor.io.save import write_text
from maskeditor.io.tables import read_text
from maskeditor.model.cohort.name_lists import list_of_names, names_in
from maskeditor.model.cohort.outliers import read_mask
from maskeditor.model.cohort.tasks import Outcome

PASS, FAIL = "pass", "fail"
#: What they are called.
WORDS = {PASS: "accepted", FAIL: "rejected"}
#: How the key of a fingerprint begins that is that of a mask.
_OF_MASK = "mask_"
#: What is read of a table of verdicts, and what is written: a version before called the last one otherwise.
_READ = ("image", "verdict", "note", *(f"{_OF_MASK}{key}" for key in KEYS))
COLUMNS = _READ[:4]
#: How lists of names end, in YAML.
_YAML = (".yml", ".yaml")
_LINE_END = re.compile("\r\n|[\r\n]")


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
        """Whether the mask is another now, or may be."""
        return outcome is None or (self.fingerprint != "" and self.fingerprint != outcome.fingerprint)

    def why_untold(self, outcome: Outcome) -> str:
        """Return why it cannot be told whether the mask is another now, as the end of a sentence; "" where it can."""
        # One of the very same kind is compared as it is written.
        alike = self.fingerprint.partition(":")[0] == outcome.fingerprint.partition(":")[0]
        return "" if alike else why_not_compared(self.fingerprint) or why_not_compared(outcome.fingerprint)

    def doubt(self, outcome: Outcome) -> str:
        """Return a sentence that says why the mask is to be judged again; "" where it is the one that was judged."""
        if not self.is_stale(outcome):
            return ""
        if why := self.why_untold(outcome):
            return f"Whether the mask has changed since it was judged cannot be told: {why}. Look again."
        return f"{WORDS.get(self.verdict, 'noted').capitalize()} before the mask changed: look again."


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
    is_list = path.suffix.lower() in _YAML
    named = _listed(path) if is_list else _tabled(path)
    written = {} if is_list else {key_in_table(key): [key] for key in known}
    called, shown = _by_name(known, _names_of), _by_name(known, _shown_names_of)
    found: dict[str, Verdict] = {}
    strange: list[str] = []
    for name, verdict in named:
        # One name may be what an image is called, and what another is shown as.
        keys = written.get(name) or called.get(name) or shown.get(name.strip(), [])
        for key in keys:
            found[key] = _of_now(verdict, known[key], out)
        if not keys:
            strange.append(name)
    doubts = []
    if strange:
        more = f" and {len(strange) - 5} more" if len(strange) > 5 else ""
        doubts.append(f"{path.name} names {', '.join(strange[:5])}{more}, which no image here is called; left out.")
    return found, tuple(doubts)


def untold(verdicts: Verdicts, outcomes: Iterable[Outcome]) -> tuple[str, ...]:
    """Return a sentence for verdicts of which it cannot be told whether they are of the masks as they are now."""
    found = [
        (one.key, why)
        for one in outcomes
        if one.key in verdicts and verdicts[one.key].is_stale(one) and (why := verdicts[one.key].why_untold(one))
    ]
    if not found:
        return ()
    of, why = _and_more([key for key, _ in found]), found[0][1]
    return (f"Whether the mask of {of} was changed since it was judged cannot be told: {why}.",)


def stale(verdicts: Verdicts, outcomes: Iterable[Outcome]) -> tuple[str, ...]:
    """Return a sentence for verdicts that are of other masks than there are now, or may be."""
    keys = [one.key for one in outcomes if one.key in verdicts and verdicts[one.key].is_stale(one)]
    if not keys:
        return ()
    return (
        f"What was judged of {_and_more(keys)} is of another mask than the one that is there now, or may be: look "
        "again.",
    )


def _and_more(keys: Sequence[str]) -> str:
    return f"{keys[0]}{f' and {len(keys) - 1} more' if len(keys) > 1 else ''}"


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


def _by_name(outcomes: Mapping[str, Outcome], names: Callable[[Outcome], Iterable[str]]) -> dict[str, list[str]]:
    found: dict[str, list[str]] = defaultdict(list)
    for key, one in outcomes.items():
        for name in {*names(one)}:
            found[name].append(key)
    return found


def _names_of(outcome: Outcome) -> tuple[str, ...]:
    """Return what an image is called by verdicts: its key, its file, or its mask."""
    file = Path(outcome.image).name
    return outcome.key, file, file.split(".")[0], Path(outcome.target).name


def _shown_names_of(outcome: Outcome) -> Iterator[str]:
    """Yield the same as they can be seen, without blanks around them, and the folders that it is in."""
    for name in _names_of(outcome):
        yield from (name.strip(), visible(name).strip())
    yield from accumulate(outcome.key.split("/")[:-1], "{}/{}".format)


def _tabled(path: Path) -> list[tuple[str, Verdict]]:
    # (A note may hold what Python takes for the end of a line too.)
    rows = list(csv.DictReader(_LINE_END.split(read_text(path)), delimiter="\t", quoting=csv.QUOTE_NONE))
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
    """Return what a list of failures names."""
    return [(entry.name, Verdict(FAIL, entry.note)) for entry in names_in(read_text(path), path.name)]


def key_in_table(key: str) -> str:
    r"""Return the key of an image as tables of verdicts and the page have it: as `visible` shows it, but no two alike.

    Examples
    --------
    >>> print(key_in_table("two\nlines"), key_in_table(r"two\nlines"))
    two\nlines two\\nlines
    """
    return visible(key.replace("\\", "\\\\"))


def write_verdicts(path: Path, verdicts: Verdicts) -> None:
    """Write verdicts as a table.

    Raises
    ------
    FileError
        If it cannot be written; an older file is then untouched.
    """
    rows = [
        (key_in_table(key), one.verdict, on_one_line(one.note), one.fingerprint)
        for key, one in sorted(verdicts.items())
    ]
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
    write_text(path, list_of_names(names))
