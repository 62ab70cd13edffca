"""Tables of named columns, as other programs read them."""

from __future__ import annotations

import csv
import io
from pathlib import Path

import numpy as np
import pytest

from maskeditor.core.errors import FileError
from maskeditor.io.columns import Table, check_table

TABLE = Table(
    {
        "name": ["left, or\tright", "third 1/3"],
        "voxels": np.array([3, 4]),
        "mean": np.array([1 / 3, np.nan]),
        "peak": [None, np.float32(0.1)],
    }
)


def test_numbers_keep_their_digits_and_what_is_not_known_is_n_a() -> None:
    first, second = csv.DictReader(io.StringIO(TABLE.text(",")))
    assert first == {"name": "left, or\tright", "voxels": "3", "mean": repr(1 / 3), "peak": "n/a"}
    assert (second["mean"], float(second["peak"])) == ("n/a", float(np.float32(0.1)))
    assert Table({"name": [""]}).text() == "name\nn/a"


def test_a_name_stays_in_its_cell_of_a_tsv() -> None:
    lines = [line.split("\t") for line in TABLE.text().splitlines()]
    assert [len(line) for line in lines] == [4, 4, 4]
    assert lines[1][0] == r"left, or\tright"


def test_rows_are_what_json_can_hold() -> None:
    assert TABLE.rows()[0] == {"name": "left, or\tright", "voxels": 3, "mean": 1 / 3, "peak": None}


@pytest.mark.parametrize("ending", [".tsv", ".csv", ".TSV"])
def test_the_ending_says_what_is_written(ending: str, tmp_path: Path) -> None:
    TABLE.write(tmp_path / f"t{ending}")
    mark = "," if ending == ".csv" else "\t"
    assert (tmp_path / f"t{ending}").read_text("utf-8") == TABLE.text(mark) + "\n"


def test_what_cannot_be_written_is_refused_by_its_cause(tmp_path: Path) -> None:
    (tmp_path / "image.tsv").touch()
    (tmp_path / "folder.tsv").mkdir()
    for name, part in (
        ("t.xlsx", "should end in .tsv or .csv"),
        ("absent/t.tsv", "does not exist"),
        ("folder.tsv", "is a folder"),
        ("image.tsv", "is what the table is made of"),
    ):
        with pytest.raises(FileError, match=part):
            check_table(tmp_path / name, [tmp_path / "image.tsv"])


def test_columns_are_as_long_as_one_another() -> None:
    with pytest.raises(ValueError, match="unlike lengths"):
        Table({"a": [1], "b": [1, 2]})


def test_a_table_never_replaces_what_it_is_made_of(tmp_path: Path) -> None:
    source, link, other = (tmp_path / name for name in ("events.tsv", "link.tsv", "other.tsv"))
    source.write_text("a\n1\n")
    other.write_text("a\n2\n")
    link.symlink_to(source)
    check_table(other, [tmp_path / "image.nii", source])
    for path in (source, link):
        with pytest.raises(FileError, match="is what the table is made of; choose another name"):
            check_table(path, [tmp_path / "image.nii", source])
