"""Arrays of numbers in files, with and without titles, and what is no number."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from maskeditor.core.errors import FileError
from maskeditor.io.numbers import array_bytes, read_numbers


@pytest.mark.parametrize(
    ("text", "wanted"),
    [
        ("a\tb\n1\t2\n3\t4.5\n", [[1, 2], [3, 4.5]]),
        ("1\t2\n3\t4.5\n", [[1, 2], [3, 4.5]]),
        ("n/a\t2\n3\tNaN\n", [[np.nan, 2], [3, np.nan]]),
        ("a,b\nn/a,\n-1e3,inf\n", [[np.nan, np.nan], [-1000, np.inf]]),
    ],
)
def test_tables_with_and_without_titles(tmp_path: Path, text: str, wanted: list[list[float]]) -> None:
    path = tmp_path / ("numbers.csv" if "," in text else "numbers.tsv")
    path.write_text(text)
    np.testing.assert_array_equal(read_numbers(path), wanted)


@pytest.mark.parametrize("kind", ["?", ">i2", "<f4", ">f8", "f2"])
def test_arrays_in_types_that_nifti_has(tmp_path: Path, kind: str) -> None:
    values = np.array([0, 1, 1, 0]).astype(kind)
    (tmp_path / "numbers.npy").write_bytes(array_bytes(values))
    found = read_numbers(tmp_path / "numbers.npy")
    np.testing.assert_array_equal(found, values.astype(float))
    assert found.dtype.isnative
    assert found.dtype == {"?": np.uint8, ">i2": np.int16, "<f4": np.float32, ">f8": np.float64, "f2": np.float32}[kind]


@pytest.mark.parametrize(
    ("name", "data", "words"),
    [
        ("a.tsv", b"x\ty\n", "holds no numbers"),
        ("a.tsv", b"1\t2\n3\tfour\n", "'four' in a row of numbers is none"),
        ("a.npy", b"no array", "is no array of numbers"),
        ("a.npy", array_bytes(np.array(["text"])), "give real numbers"),
    ],
)
def test_what_is_no_number(tmp_path: Path, name: str, data: bytes, words: str) -> None:
    (tmp_path / name).write_bytes(data)
    with pytest.raises(FileError, match=words):
        read_numbers(tmp_path / name)
