"""Logs that are damaged: SQLite reads them up to the flaw; that there was more is noticed, and nothing is removed."""

from __future__ import annotations

import os
import shutil
import struct
from pathlib import Path

import pytest

from maskeditor.core.operation.declaration import make
from maskeditor.io.journal.journal import Journal
from maskeditor.io.journal.leftovers import leftovers
from maskeditor.io.journal.log import unread
from tests.io.journal.kept import Kept, restored
from tests.model.recovery import state

HEADER, FRAME = 32, 24 + 4096
MOVES = 12


class Ended:
    """What a program leaves whose journal lies in its log alone, and the state after each move."""

    def __init__(self, folder: Path) -> None:
        folder.mkdir()
        self.path = folder / "left.maskeditor"
        kept = Kept(folder / "one.maskeditor")
        self.states = [state(kept.document)]
        for number in range(MOVES):
            kept.document.do(make("threshold", {"lower": number % 2 + 3}), "roi1")
            self.states.append(state(kept.document))
        for ending in ("", "-wal"):
            shutil.copyfile(f"{kept.journal.path}{ending}", f"{self.path}{ending}")
        kept.journal.discard()
        self.log = Path(f"{self.path}-wal")
        self.whole = self.log.read_bytes()
        #: For each frame, whether it ends a move.
        self.ends = [
            struct.unpack_from(">I", self.whole, place + 4)[0] > 0 for place in range(HEADER, len(self.whole), FRAME)
        ]
        assert sum(self.ends) == MOVES

    def copy(self, name: str, log: bytes) -> Path:
        copy = self.path.with_name(f"{name}.maskeditor")
        shutil.copyfile(self.path, copy)
        Path(f"{copy}-wal").write_bytes(log)
        return copy


@pytest.fixture(scope="module")
def ended(tmp_path_factory: pytest.TempPathFactory) -> Ended:
    return Ended(tmp_path_factory.mktemp("log") / "journals")


def flipped(content: bytes, place: int) -> bytes:
    damaged = bytearray(content)
    damaged[place] ^= 16
    return bytes(damaged)


# The page of a frame, its checksum, one of the two numbers by which it belongs to this log, and its page's number.
@pytest.mark.parametrize("within", [24 + 777, 17, 9, 13, 3])
def test_a_flaw_in_any_frame_is_noticed_and_nothing_is_removed(ended: Ended, within: int) -> None:
    for frame in range(len(ended.ends)):
        before = sum(ended.ends[:frame])
        damaged = flipped(ended.whole, HEADER + frame * FRAME + within)
        copy = ended.copy("flaw", damaged)
        assert unread(copy).transactions == MOVES - before
        journal = Journal.open(copy)
        found = journal.read()
        journal.close()
        assert len(found.visits) == before
        more = MOVES - before
        assert found.lost == (
            f"its log is damaged behind move {before}, and what follows cannot be read: {more} more "
            f"change{'s' if more > 1 else ''}"
        )
        (left,) = (one for one in leftovers(copy.parent, "flaw.maskeditor"))
        assert (left.path, left.problem, left.can_open) == (copy, found.lost, True)
        # Looked at twice, and still all there.
        assert Path(f"{copy}-wal").read_bytes() == damaged
        assert copy.read_bytes() == ended.path.read_bytes()
        assert not Path(f"{copy}-shm").exists()


@pytest.mark.parametrize("place", range(HEADER))
def test_a_flaw_in_the_header_of_the_log_is_noticed(ended: Ended, place: int) -> None:
    damaged = flipped(ended.whole, place)
    copy = ended.copy("header", damaged)
    assert unread(copy).transactions == MOVES
    (left,) = leftovers(copy.parent, "header.maskeditor")
    assert left.problem
    assert Path(f"{copy}-wal").read_bytes() == damaged


def test_a_journal_whose_log_was_cut_off_before_its_first_move_is_kept(ended: Ended) -> None:
    for length in (1, HEADER - 1, HEADER + 1, HEADER + FRAME - 1, HEADER + FRAME + 1):
        copy = ended.copy("short", ended.whole[:length])
        os.utime(copy, (1e9, 1e9))
        for _ in range(2):
            (left,) = leftovers(copy.parent, "short.maskeditor")
            assert (left.path, left.steps) == (copy, 0)
            assert Path(f"{copy}-wal").read_bytes() == ended.whole[:length]


def test_what_a_killed_program_had_not_finished_is_no_flaw(ended: Ended) -> None:
    for length in [*range(0, len(ended.whole), FRAME // 3), len(ended.whole) - 1, len(ended.whole)]:
        copy = ended.copy("cut", ended.whole[:length])
        assert unread(copy).transactions == 0
        if length % FRAME in (HEADER - 1, HEADER, HEADER + 1):
            journal = Journal.open(copy)
            document = restored(journal)
            journal.close()
            assert state(document) in ended.states


def test_a_flaw_in_the_log_of_an_open_session_changes_nothing(tmp_path: Path) -> None:
    kept = Kept(tmp_path / "one.maskeditor")
    kept.move(1, 20)
    log = tmp_path / "one.maskeditor-wal"
    log.write_bytes(flipped(log.read_bytes(), HEADER + 100))
    assert leftovers(tmp_path, ".maskeditor") == ()
    kept.move(2, 5)
    kept.journal.close()


def test_the_rest_of_an_older_log_is_no_flaw(tmp_path: Path) -> None:
    kept = Kept(tmp_path / "one.maskeditor")
    kept.move(1, 40)
    run = kept.journal._database.execute
    assert run("PRAGMA wal_checkpoint(FULL)").fetchone()[0] == 0
    size = (tmp_path / "one.maskeditor-wal").stat().st_size
    kept.move(2, 3)  # which are written over the beginning
    assert (tmp_path / "one.maskeditor-wal").stat().st_size == size
    assert unread(kept.journal.path).transactions == 0
    log = tmp_path / "one.maskeditor-wal"
    log.write_bytes(flipped(log.read_bytes(), HEADER + 100))
    assert 1 <= unread(kept.journal.path).transactions <= 3


def test_a_large_log_is_looked_at_in_pieces(tmp_path: Path) -> None:
    kept = Kept(tmp_path / "one.maskeditor")
    kept.journal._database.execute("PRAGMA wal_autocheckpoint = 0")
    kept.move(4, 270)
    log = tmp_path / "one.maskeditor-wal"
    content = log.read_bytes()
    frames = (len(content) - HEADER) // FRAME
    assert frames > 600
    assert unread(kept.journal.path).transactions == 0
    ends = [struct.unpack_from(">I", content, HEADER + frame * FRAME + 4)[0] > 0 for frame in range(frames)]
    for flaw in (255, 256, 511, 512, 513):
        log.write_bytes(flipped(content, HEADER + flaw * FRAME + 500))
        assert unread(kept.journal.path).transactions == sum(ends[flaw:])
    log.write_bytes(content)
    kept.journal.discard()
