"""Sums of files are those of zlib."""

from __future__ import annotations

import threading
import zlib
from pathlib import Path

import numpy as np
import pytest
from blake3 import blake3

from maskeditor.io import digest


def test_the_sum_of_files_is_that_of_all_their_bytes_in_order(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(digest, "_PIECE", 7)
    parts = [bytes(range(100)), b"", b"maskeditor"]
    files = [tmp_path / str(number) for number in range(3)]
    for file, part in zip(files, parts, strict=True):
        file.write_bytes(part)
    assert digest.checksum(files) == f"{zlib.crc32(b''.join(parts)):08x}"
    assert digest.checksum(files) != digest.checksum(files[::-1])


@pytest.mark.parametrize("processors", [1, 2])
def test_a_process_with_one_processor_sums_up_by_itself(monkeypatch: pytest.MonkeyPatch, processors: int) -> None:
    monkeypatch.setattr(digest, "processors", lambda: processors)
    before = threading.active_count()
    with digest.Digest() as summed:
        summed.add(np.arange(300, dtype=np.int16))
        assert threading.active_count() - before == processors - 1
        result = summed.result()
    assert result.result() == f"blake3:{blake3(np.arange(300, dtype='<i2').tobytes()).hexdigest()}"
