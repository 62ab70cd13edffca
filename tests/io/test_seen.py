"""What is seen of a mask's files: each way in which others may change them is noticed."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from maskeditor.io.seen import ChangedElsewhere, check, look, recorded


@pytest.fixture
def path(tmp_path: Path) -> Path:
    made = tmp_path / "mask.nii"
    made.write_bytes(b"mask")
    os.utime(made, ns=(10**18, 10**18))
    return made


def test_other_voxels_of_the_same_size_are_noticed_by_their_time(path: Path) -> None:
    before = look(path)
    path.write_bytes(b"ask!")
    os.utime(path, ns=(10**18, 10**18 + 1))
    assert look(path) != before


def test_another_file_of_the_same_size_and_time_is_noticed(path: Path) -> None:
    before, other = look(path), path.with_name("other")
    other.write_bytes(b"ask!")
    os.utime(other, ns=(10**18, 10**18))
    other.replace(path)
    ((size, time, _),) = look(path)
    assert (size, time) == before[0][:2]
    assert look(path) != before
    with pytest.raises(ChangedElsewhere, match="was changed"):
        check(path, before)


def test_links_are_followed_to_both_files_of_a_pair(path: Path) -> None:
    for one in (".hdr", ".img"):
        path.with_suffix(one).write_bytes(b"mask")
    link = path.with_name("link.img")
    link.symlink_to(path.with_suffix(".img"))
    assert look(link) == look(path.with_suffix(".img"))


@pytest.mark.parametrize("ending", [".hdr", ".img"])
def test_both_files_of_a_pair_are_looked_at(path: Path, ending: str) -> None:
    for one in (".hdr", ".img"):
        path.with_suffix(one).write_bytes(b"mask")
    before = look(path.with_suffix(".img"))
    assert len(before) == 2
    path.with_suffix(ending).write_bytes(b"longer")
    assert look(path.with_suffix(".img")) != before


def test_what_is_gone_is_noticed_and_what_was_never_seen_may_be_made(path: Path) -> None:
    before = look(path)
    check(path, before)
    path.unlink()
    with pytest.raises(ChangedElsewhere, match="was moved or deleted") as raised:
        check(path, before)
    assert raised.value.is_gone
    check(path, None)


def test_a_journal_gives_back_what_was_seen(path: Path) -> None:
    assert recorded([list(row) for row in look(path)]) == look(path)
    assert recorded("text") == recorded([[1, 2]]) == ()
