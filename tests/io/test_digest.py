"""Sums of files are those of zlib."""

from __future__ import annotations

import zlib
from pathlib import Path

import pytest

from maskeditor.io import digest


def test_the_sum_of_files_is_that_of_all_their_bytes_in_order(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(digest, "_PIECE", 7)
    parts = [bytes(range(100)), b"", b"maskeditor"]
    files = [tmp_path / str(number) for number in range(3)]
    for file, part in zip(files, parts, strict=True):
        file.write_bytes(part)
    assert digest.checksum(files) == f"{zlib.crc32(b''.join(parts)):08x}"
    assert digest.checksum(files) != digest.checksum(files[::-1])
