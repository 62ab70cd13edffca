"""Tables of conditions: BIDS events, and labels volume by volume."""

from __future__ import annotations

from pathlib import Path

import pytest

from maskeditor.core.errors import FileError
from maskeditor.io.conditions import read_conditions

EVENTS = ((0.0, 2.5, "face"), (4.0, 0.0, "house"))


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("onset\tduration\ttrial_type\n0\t2.5\tface\n4.0\tn/a\thouse\n9\t1\tn/a\n", EVENTS),
        ("\ufefftrial_type,onset,duration\r\nface,0,2.5\r\n\r\nhouse,4,0\r\n", EVENTS),
        ("labels chunks\nrest 0\nface 0\n", ("rest", "face")),  # as of the study of Haxby et al. 2001
        ("label\nrest\nface\n", ("rest", "face")),
        ("rest\nface\nrest\n", ("rest", "face", "rest")),
        ("run\tcondition\n1\tface one\n", ("face one",)),
    ],
)
def test_tables_are_read(text: str, expected: object, tmp_path: Path) -> None:
    (tmp_path / "table.tsv").write_text(text, "utf-8", newline="")
    assert read_conditions(tmp_path / "table.tsv") == expected


@pytest.mark.parametrize(
    ("content", "sentence"),
    [
        (b"", "table.tsv is empty"),
        (b"onset\tduration\n1\t2\n", "has events without names; give it a column trial_type"),
        (b"onset\tduration\ttrial_type\nsoon\t2\tface\n", "line 2 has the onset 'soon' and the duration '2'"),
        (b"onset\tduration\ttrial_type\n1\t-2\tface\n", "both must be seconds"),
        (b"onset\tduration\ttrial_type\n1\t2\n", "row 2 has 2 cells, but the first has 3"),
        (b"run\tface\n1\t2\n", "has the columns run, face, but wants onset, duration and trial_type"),
        (b"onset\tduration\ttrial_type\n", "has 0 rows of conditions"),
        (b"\xff\xfe\x00label", "is no text file"),
    ],
)
def test_what_is_no_such_table_is_refused(content: bytes, sentence: str, tmp_path: Path) -> None:
    (tmp_path / "table.tsv").write_bytes(content)
    with pytest.raises(FileError, match=sentence):
        read_conditions(tmp_path / "table.tsv")


def test_one_that_is_not_there_is_refused(tmp_path: Path) -> None:
    with pytest.raises(FileError):
        read_conditions(tmp_path / "absent.tsv")
