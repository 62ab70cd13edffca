"""Journals: what is written is read back; what is cut off, damaged, full, locked or newer is noticed."""

from __future__ import annotations

import contextlib
import json
import os
import random
import shutil
import sqlite3
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from maskeditor.core.errors import FileError
from maskeditor.core.history import edits
from maskeditor.core.history.delta import Delta
from maskeditor.core.history.document import Document
from maskeditor.core.history.timelines import Step
from maskeditor.core.operation.declaration import find, from_json, from_trusted_json, make
from maskeditor.core.space.mask_bits import MaskBits, Rows
from maskeditor.engine.box import Box
from maskeditor.io.journal.file import JournalBusy, JournalReadOnly
from maskeditor.io.journal.journal import Journal
from maskeditor.io.journal.leftovers import Leftover, discard, leftovers
from maskeditor.ops.import_mask import ImportMask
from tests.io.journal.kept import ABOUT, Kept, restored
from tests.model.recovery import random_move, state, volume


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "one.maskeditor"


# What is written is read back -----------------------------------------------------------------------------------------


@pytest.mark.slow
@pytest.mark.parametrize("ahead", [False, True])
@pytest.mark.parametrize("seed", range(12))
def test_all_comes_back_and_goes_on(path: Path, seed: int, ahead: bool) -> None:
    kept = Kept(path)
    kept.ahead = random.Random(seed) if ahead else None
    kept.move(seed, 60)
    kept.journal.close()
    for more in range(3):
        journal = Journal.open(path)
        document = restored(journal)
        assert state(document) == state(kept.document)
        # Undo and redo go all the way, and further moves are written after those that were read.
        while document.undo():
            pass
        while document.redo():
            pass
        while document.history.at > kept.document.history.at:
            document.undo()
        assert state(document) == state(kept.document)
        journal.close()
        again = Kept.__new__(Kept)
        again.journal = Journal.open(path)
        again.ahead = kept.ahead
        again.document = restored(again.journal)
        again.document.moved.connect(again.write)
        again.document.rois_changed.connect(again.write)
        again.move(seed + 100 * more + 100, 20)
        again.journal.close()
        kept = again


@pytest.mark.slow
@pytest.mark.parametrize("ahead", [False, True])
def test_what_is_forgotten_leaves_no_rows(path: Path, ahead: bool) -> None:
    kept = Kept(path)
    kept.ahead = random.Random(5) if ahead else None
    kept.move(16, 200)
    while kept.document.undo():
        pass
    kept.ahead = None
    kept.document.do(make("threshold", {"lower": 3}), kept.document.rois[0].id)  # the walk may have deleted the first
    kept.journal.close()
    with contextlib.closing(sqlite3.connect(path)) as database:
        counts = [
            database.execute(f"SELECT count(*) FROM {table}").fetchone()[0] for table in ("visits", "steps", "deltas")
        ]
    assert counts == [1, 1, 1]


def test_a_step_described_anew_shares_its_bits(path: Path) -> None:
    kept = Kept(path)
    kept.document.do(make("threshold", {"lower": 3}), kept.document.rois[0].id)  # the walk may have deleted the first
    kept.document.edit(*edits.describe(kept.document.timeline, 0, "a name", ""))
    expected = state(kept.document)
    kept.journal.close()
    with contextlib.closing(sqlite3.connect(path)) as database:
        assert database.execute("SELECT count(*) FROM steps").fetchone() == (2,)
        assert database.execute("SELECT count(*) FROM deltas").fetchone() == (1,)
    assert state(restored(Journal.open(path))) == expected


def test_what_memory_does_not_hold_is_read_from_the_journal(path: Path) -> None:
    kept, free = Kept(path, budget=0), Document(volume())
    kept.move(3, 80)
    chance = random.Random(3)
    for _ in range(80):
        random_move(free, chance)
    # The newest may stay, as it is not written when it comes.
    deltas = {id(step.outcome.delta) for step in kept.document.timeline if step.outcome and step.outcome.delta}
    in_memory = {id(s.outcome.delta) for s in kept.document.timeline if s.outcome.delta and s.outcome.delta.nbytes}
    assert len(in_memory) <= 1 < len(deltas)
    assert state(kept.document) == state(free)
    while kept.document.undo():
        free.undo()
        assert state(kept.document)[1] == state(free)[1]


def test_a_bit_that_cannot_be_read_back_changes_nothing(path: Path) -> None:
    kept = Kept(path, budget=0)
    kept.move(3, 40)
    kept.journal._database.execute("UPDATE deltas SET bits = zeroblob(length(bits))")
    before: Any = None

    def go_back() -> None:
        nonlocal before
        for _ in range(40):
            before = state_without_bits(kept.document)
            kept.document.undo()

    with pytest.raises(FileError, match="damaged"):
        go_back()
    assert state_without_bits(kept.document) == before


def state_without_bits(document: Document) -> Any:
    return (
        [document.mask(roi.id)[...].tobytes() for roi, _ in document.every_roi],
        document.timeline,
        document.history.at,
    )


def test_a_title_that_no_encoding_holds_is_kept_as_far_as_it_can_be(path: Path) -> None:
    kept = Kept(path)
    # Bytes of a file's name that are not UTF-8 are such characters.
    kept.document.edit(0, [Step(make("threshold", {"lower": 3}), "roi1")], "open m\udcff.nii")
    kept.journal.close()
    journal = Journal.open(path)
    found = journal.read()
    journal.close()
    assert (found.lost, [visit.title for visit in found.visits]) == ("", ["open m\\udcff.nii"])


def test_nothing_new_writes_nothing(path: Path) -> None:
    kept = Kept(path)
    kept.move(1, 10)
    before = kept.journal._database.total_changes
    kept.write()
    assert kept.journal._database.total_changes == before


# Two windows ----------------------------------------------------------------------------------------------------------

OPEN = """
import sys
from pathlib import Path
from maskeditor.core.errors import FileError
from maskeditor.io.journal.journal import Journal
try:
    Journal.open(Path(sys.argv[1]))
except FileError as error:
    print(type(error).__name__, error)
"""


def test_another_program_is_told(path: Path) -> None:
    kept = Kept(path)
    kept.move(1, 5)
    told = subprocess.run([sys.executable, "-c", OPEN, path], capture_output=True, text=True, check=True).stdout
    assert told.startswith("JournalBusy The session one.maskeditor is open in another window")
    with pytest.raises(JournalBusy):
        Journal.open(path)
    kept.move(2, 5)  # and the first goes on
    kept.journal.close()
    assert subprocess.run([sys.executable, "-c", OPEN, path], capture_output=True, text=True, check=True).stdout == ""


def test_a_file_open_elsewhere_is_not_replaced(path: Path, tmp_path: Path) -> None:
    kept, other = Kept(path), Kept(tmp_path / "other.maskeditor")
    kept.move(1, 5)
    with pytest.raises(JournalBusy):
        kept.journal.move_to(other.journal.path, {})
    kept.move(2, 5)
    other.move(2, 5)


# Other files, other versions ------------------------------------------------------------------------------------------


def test_a_newer_version_is_refused(path: Path) -> None:
    Journal.create(path, ABOUT).close()
    with contextlib.closing(sqlite3.connect(path)) as database:
        database.execute("PRAGMA user_version = 3")
    with pytest.raises(FileError, match=r"version 3, but this program knows versions up to 2; open it with a newer"):
        Journal.open(path)


@pytest.mark.parametrize("content", [b"", b"no session", b"SQLite format 3\0", bytes(5000)])
def test_what_is_no_session_is_refused_and_left_alone(path: Path, content: bytes) -> None:
    path.write_bytes(content)
    with pytest.raises(FileError, match=r"one\.maskeditor"):
        Journal.open(path)
    assert path.read_bytes() == content
    assert [other.name for other in path.parent.iterdir()] == [path.name]


def test_another_database_is_left_alone(path: Path) -> None:
    with contextlib.closing(sqlite3.connect(path)) as database:
        database.execute("CREATE TABLE about (key, value)")
    content = path.read_bytes()
    with pytest.raises(FileError, match="no session of maskeditor"):
        Journal.open(path)
    assert path.read_bytes() == content


def test_a_step_of_an_unknown_operation_ends_what_is_read(path: Path) -> None:
    kept = Kept(path)
    for lower in (3, 5, 7):
        kept.document.do(make("threshold", {"lower": lower}), "roi1")
    found = forged(kept, "UPDATE steps SET record = replace(record, '\"threshold\"', '\"treshold\"')")
    assert found.lost


def forged(kept: Kept, statement: str) -> Any:
    kept.journal._database.execute(statement)
    kept.journal.close()
    journal = Journal.open(kept.journal.path)
    found = journal.read()
    journal.close()
    return found


# Damage ---------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "statement",
    [
        "UPDATE deltas SET bits = x'00' || substr(bits, 2) WHERE number = 5",
        "UPDATE deltas SET added = added + 1 WHERE number = 5",
        "UPDATE deltas SET bits = 'text' WHERE number = 5",
        "DELETE FROM deltas WHERE number = 5",
        "UPDATE steps SET voxels = voxels + 1 WHERE number = 6",
        "UPDATE steps SET delta = 3 WHERE number = 6",
        "DELETE FROM steps WHERE number = 6",
        "UPDATE visits SET title = 'another' WHERE place = 2",
        "UPDATE visits SET entered = '[3]' WHERE place = 2",
        "DELETE FROM visits WHERE place = 2",
        "DELETE FROM visits WHERE place >= 2",
        "UPDATE visits SET place = 9 WHERE place = 2",
    ],
)
def test_a_change_to_any_row_is_noticed(path: Path, statement: str) -> None:
    kept = Kept(path)
    states = [state(kept.document)]
    for lower in (3, 5, 7, 2):
        kept.document.do(make("threshold", {"lower": lower}), "roi1")
        states.append(state(kept.document))
    found = forged(kept, statement)
    assert found.lost
    assert len(found.visits) == 2
    document = Document(volume())
    document.restore(found.rois, found.visits, found.at)
    assert state(document) == states[2]


def test_flipped_bits_anywhere_show_no_wrong_mask(path: Path) -> None:
    kept = Kept(path)
    masks = seen(kept, 60)
    kept.journal.close()
    content = path.read_bytes()
    chance, noticed = random.Random(1), 0
    for number in range(150):
        damaged = bytearray(content)
        for _ in range(chance.choice([1, 1, 20])):
            damaged[chance.randrange(len(damaged))] ^= 1 << chance.randrange(8)
        copy = path.with_name(f"{number}.maskeditor")
        copy.write_bytes(damaged)
        noticed += check_readable_part(copy, masks)
    assert noticed > 50


def seen(kept: Kept, moves: int) -> set[tuple[bytes, ...]]:
    """Make moves, and return all masks there were."""
    found = {masks_of(kept.document)}
    chance = random.Random(11)
    for _ in range(moves):
        random_move(kept.document, chance)
        found.add(masks_of(kept.document))
    return found


def masks_of(document: Document) -> tuple[bytes, ...]:
    # ROIs that are empty may not be there yet, or no more.
    masks = [document.mask(roi.id)[...] for roi, _ in document.every_roi]
    return tuple(mask.tobytes(order="F") for mask in masks if mask.any())


def check_readable_part(path: Path, masks: set[tuple[bytes, ...]]) -> bool:
    """Open a file that was damaged or cut: it is refused in a sentence, or shows masks that were; was it noticed?"""
    try:
        journal = Journal.open(path)
    except FileError:
        return True
    try:
        found = journal.read()
        document = Document(volume())
        if found.rois:
            document.restore(found.rois, found.visits, found.at)
            assert masks_of(document) in masks
        return bool(found.lost)
    except FileError:
        return True
    finally:
        journal.close()


# Power cuts: files cut off at every length ----------------------------------------------------------------------------


@pytest.fixture(scope="module")
def open_journal(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[Path, set[tuple[bytes, ...]]]]:
    """A journal in the middle of its work, some of it copied from the log already."""
    path = tmp_path_factory.mktemp("power") / "one.maskeditor"
    kept = Kept(path)
    chance, masks = random.Random(11), {masks_of(kept.document)}
    for number in range(300):
        random_move(kept.document, chance)
        masks.add(masks_of(kept.document))
        if number in (100, 200):
            kept.journal._database.execute("PRAGMA wal_checkpoint(PASSIVE)")
    yield path, masks
    kept.journal.close()


def lengths(size: int, chance: random.Random) -> list[int]:
    """Return all that end at or near a page, and some others."""
    pages = [page + near for page in range(0, size + 1, 4096 + 24) for near in (-1, 0, 1, 32, 56)]
    pages += [page + near for page in range(0, size + 1, 4096) for near in (-1, 0, 1)]
    return sorted({length for length in (*pages, *chance.choices(range(size), k=60)) if 0 <= length <= size})


@pytest.mark.slow
@pytest.mark.parametrize("cut", ["", "-wal"])
def test_files_cut_off_at_every_length(
    open_journal: tuple[Path, set[tuple[bytes, ...]]], tmp_path: Path, cut: str
) -> None:
    path, masks = open_journal
    size = Path(f"{path}{cut}").stat().st_size
    assert size > 40_000
    chosen = lengths(size, random.Random(2))
    for number, length in enumerate(chosen if len(chosen) < 200 else random.Random(3).sample(chosen, 200)):
        copy = tmp_path / f"{number}.maskeditor"
        for ending in ("", "-wal"):
            shutil.copyfile(f"{path}{ending}", f"{copy}{ending}")
        os.truncate(f"{copy}{cut}", length)
        check_readable_part(copy, masks)
        discard(copy)


def test_without_its_log_a_session_is_as_at_some_earlier_move(
    open_journal: tuple[Path, set[tuple[bytes, ...]]], tmp_path: Path
) -> None:
    path, masks = open_journal
    shutil.copyfile(path, tmp_path / "copy.maskeditor")
    check_readable_part(tmp_path / "copy.maskeditor", masks)


# Disks that are full, folders that are read-only ----------------------------------------------------------------------


@pytest.fixture
def small_disk(tmp_path: Path) -> Iterator[Path]:
    folder = tmp_path / "disk"
    folder.mkdir()
    mounted = hasattr(os, "geteuid") and os.geteuid() == 0 and shutil.which("mount") is not None
    if mounted:
        command = ["mount", "-t", "tmpfs", "-o", "size=3m", "none", folder]
        mounted = subprocess.run(command, capture_output=True, check=False).returncode == 0
    if not mounted:
        pytest.skip("Only root may mount a small disk.")
    yield folder
    subprocess.run(["umount", "-l", folder], check=True)


def full(kept: Kept, fill: Callable[[], None], free: Callable[[], None]) -> None:
    """Move until the disk is full and some moves further, then free it: nothing is lost."""
    chance, failures = random.Random(4), 0

    def write(_: object = None) -> None:
        nonlocal failures
        try:
            kept.write()
        except FileError:
            failures += 1

    kept.document.moved.disconnect()
    kept.document.rois_changed.disconnect()
    kept.document.moved.connect(write)
    kept.document.rois_changed.connect(write)
    for number in range(400):
        if number == 30:
            fill()
        random_move(kept.document, chance)
        if failures > 20:
            break
    assert failures > 20
    free()
    kept.write()
    before = failures
    kept.move(9, 10)
    assert failures == before
    kept.journal.close()
    journal = Journal.open(kept.journal.path)
    assert state(restored(journal)) == state(kept.document)
    journal.close()


def test_a_full_disk_loses_nothing_once_there_is_room(small_disk: Path) -> None:
    filler = small_disk / "filler"

    def fill() -> None:
        with contextlib.suppress(OSError), filler.open("wb", buffering=0) as file:
            while True:
                file.write(bytes(1024))

    full(Kept(small_disk / "one.maskeditor"), fill, filler.unlink)


def test_a_full_database_loses_nothing_once_there_is_room(path: Path) -> None:
    kept = Kept(path)
    run = kept.journal._database.execute

    def fill() -> None:
        run(f"PRAGMA max_page_count = {run('PRAGMA page_count').fetchone()[0] + 1}")

    full(kept, fill, lambda: run("PRAGMA max_page_count = 1000000"))


@contextlib.contextmanager
def as_another_user(folder: Path) -> Iterator[None]:
    """Take the right to write to a folder away, for root too."""
    folder.chmod(0o555)
    is_root = hasattr(os, "geteuid") and os.geteuid() == 0
    if is_root:
        os.seteuid(65534)
    try:
        yield
    finally:
        if is_root:
            os.seteuid(0)
        folder.chmod(0o755)


@pytest.fixture
def open_folder() -> Iterator[Path]:
    """A folder that every user may look into."""
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        folder.chmod(0o755)
        yield folder


@pytest.mark.skipif(sys.platform == "win32", reason="Windows has other rights")
def test_a_read_only_folder_is_told(open_folder: Path) -> None:
    path = open_folder / "one.maskeditor"
    kept = Kept(path)
    kept.move(1, 10)
    kept.journal.close()
    with as_another_user(open_folder):
        with pytest.raises(JournalReadOnly, match="cannot be written"):
            Journal.create(open_folder / "new.maskeditor", ABOUT)
        with pytest.raises(JournalReadOnly, match="cannot be written"):
            Journal.open(path)
    assert state(restored(Journal.open(path))) == state(kept.document)


def test_a_folder_that_cannot_be_made_is_told(tmp_path: Path) -> None:
    (tmp_path / "file").write_bytes(b"")
    with pytest.raises(FileError, match=r"one\.maskeditor"):
        Journal.create(tmp_path / "file" / "one.maskeditor", ABOUT)


def test_a_journal_that_could_not_be_made_leaves_nothing(small_disk: Path) -> None:
    with (small_disk / "filler").open("wb", buffering=0) as file, contextlib.suppress(OSError):
        while True:
            file.write(bytes(1024))
    with pytest.raises(FileError):
        Journal.create(small_disk / "one.maskeditor", ABOUT)
    assert [path.name for path in small_disk.iterdir()] == ["filler"]


# Saving ---------------------------------------------------------------------------------------------------------------


def test_a_session_goes_on_in_the_file_it_was_saved_to(path: Path, tmp_path: Path) -> None:
    kept = Kept(path, budget=0)
    kept.move(1, 40)
    target = tmp_path / "saved.maskeditor"
    target.write_text("something older")
    kept.journal.move_to(target, {"name": "another"})
    assert kept.journal.path == target
    until_now = path.read_bytes()
    kept.move(2, 40)
    assert path.read_bytes() == until_now
    expected = state(kept.document)  # whose bits are read from the new file
    kept.journal.close()
    journal = Journal.open(target)
    assert journal.about()["name"] == "another"
    assert state(restored(journal)) == expected
    assert sorted(one.name for one in tmp_path.glob("*saved*")) == [target.name, f"{target.name}-wal"]


@pytest.mark.parametrize("what", ["cut short", "empty", "gone"])
def test_a_log_beside_an_older_file_is_not_taken_for_that_of_the_new_one(path: Path, tmp_path: Path, what: str) -> None:
    other = Kept(tmp_path / "other.maskeditor")
    other.move(7, 30)
    target = tmp_path / "saved.maskeditor"
    for ending in ("", "-wal"):
        shutil.copyfile(f"{other.journal.path}{ending}", f"{target}{ending}")
    os.truncate(target, 5000 if what == "cut short" else 0)  # so that it cannot be opened
    if what == "gone":
        target.unlink()
    kept = Kept(path)
    kept.move(1, 30)
    kept.journal.move_to(target, {})
    kept.journal.close()
    assert state(restored(Journal.open(target))) == state(kept.document)


def test_saving_to_a_full_disk_changes_nothing(path: Path, small_disk: Path) -> None:
    kept = Kept(path)
    kept.move(1, 60)
    target = small_disk / "saved.maskeditor"
    target.write_bytes(b"older")
    with (small_disk / "filler").open("wb", buffering=0) as file, contextlib.suppress(OSError):
        while True:
            file.write(bytes(1024))
    with pytest.raises(FileError, match="full"):
        kept.journal.move_to(target, {})
    assert target.read_bytes() == b"older"
    assert sorted(one.name for one in small_disk.iterdir()) == ["filler", target.name]
    kept.move(2, 10)
    kept.journal.close()
    assert state(restored(Journal.open(path))) == state(kept.document)


def test_a_folder_that_is_gone_is_told(path: Path, tmp_path: Path) -> None:
    kept = Kept(path)
    with pytest.raises(FileError, match=r"the folder .* does not exist"):
        kept.journal.move_to(tmp_path / "gone" / "saved.maskeditor", {})
    kept.move(1, 5)


# Leftovers ------------------------------------------------------------------------------------------------------------


def age(path: Path, seconds: float = 3600) -> None:
    at = time.time() - seconds
    os.utime(path, (at, at))


def test_leftovers_are_told_with_their_steps(tmp_path: Path) -> None:
    begun = time.time()
    for number, seed in enumerate((3, 4)):
        kept = Kept(tmp_path / f"{number}.maskeditor")
        kept.move(seed, 20)
        steps = len(kept.document.timeline)
        kept.journal.close()
    (tmp_path / "damaged.maskeditor").write_bytes(b"no session")
    Journal.create(tmp_path / "empty.maskeditor", ABOUT).close()
    Journal.create(tmp_path / "just begun.maskeditor", ABOUT).close()
    age(tmp_path / "damaged.maskeditor")
    age(tmp_path / "empty.maskeditor")
    age(tmp_path / "just begun.maskeditor", -3600)  # however long the rest takes
    in_use = Kept(tmp_path / "used.maskeditor")
    in_use.move(3, 3)
    newest, older, damaged = leftovers(tmp_path, ".maskeditor")
    assert newest == Leftover(tmp_path / "1.maskeditor", "noise", newest.time, steps, "", can_open=True)
    assert older.path == tmp_path / "0.maskeditor"
    assert begun <= older.time < newest.time <= time.time()
    assert "no session of maskeditor, or is damaged" in damaged.problem
    names = {one.name for one in tmp_path.iterdir() if not one.name.endswith("-wal")}
    assert names == {"0.maskeditor", "1.maskeditor", "damaged.maskeditor", "just begun.maskeditor", "used.maskeditor"}
    in_use.move(4, 3)
    discard(newest.path)
    assert [left.path for left in leftovers(tmp_path, ".maskeditor")] == [older.path, damaged.path]


def test_no_folder_no_leftovers(tmp_path: Path) -> None:
    assert leftovers(tmp_path / "none", ".maskeditor") == ()


# Every operation ------------------------------------------------------------------------------------------------------


def test_steps_are_trusted_to_be_as_they_were_written() -> None:
    mask = np.zeros((3, 4, 5), bool, order="F")
    some = [
        ImportMask.of(mask, "mask.nii", "00"),
        make("threshold", {"lower": 1, "upper": 3.5, "frame": "0-3", "fwhm": 2}),
        make("threshold", {"lower": 1, "frame": "mean"}),
        make("paint", {"points": [(1.23456, 2, 3), (4, 5, 6)], "radius": 1}),
        make("select_component", {"point": (1, 2, 3)}),
        make("epi_mask", {}),
        make("boolean", {"other": "roi2"}),
        make("consensus", {"others": ["roi2", "roi3"]}),
    ]
    for operation in some:
        record = operation.to_json()
        trusted = from_trusted_json(json.loads(json.dumps(record)))
        assert trusted == from_json(record) == operation
        assert repr(trusted) == repr(operation)
        assert type(trusted) is find(operation.id)
        older = {**record, "parameters": {k: v for k, v in record["parameters"].items() if k != "combine"}}
        assert from_trusted_json(older) == from_json(older)


def test_a_delta_that_was_never_written_cannot_be_read_back(path: Path) -> None:
    journal = Journal.create(path, ABOUT)
    delta = Delta.between(MaskBits((2, 2, 2)), Rows.of(Box.whole((2, 2, 2)), np.ones((2, 2, 2), bool)))
    assert delta is not None
    with pytest.raises(FileError, match="a change that was written is missing"):
        journal.read_back(delta)
