"""Sessions of unknown origin, and on disks that give no locks."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from maskeditor.core.errors import FileError
from maskeditor.core.operation.declaration import make
from maskeditor.model.mask_files import save_mask
from maskeditor.model.restoring import restore_session
from tests.model.recovery import session, write_image


@pytest.fixture
def journals(tmp_path: Path) -> Path:
    return tmp_path / "journals"


@pytest.fixture
def saved(tmp_path: Path) -> Path:
    """A session whose mask was saved too."""
    here = session(write_image(tmp_path))
    here.document.do(make("threshold", {"lower": 3}), "roi1")
    save_mask(here, "roi1", tmp_path / "mask.nii.gz")
    here.save_session(tmp_path / "work.maskeditor")
    assert here.unchosen == set()
    here.close()
    return tmp_path / "work.maskeditor"


def test_a_session_that_is_opened_does_not_choose_where_masks_are_saved(saved: Path, journals: Path) -> None:
    here = restore_session(saved, folder=journals)
    assert here.files == {"roi1": saved.with_name("mask.nii.gz")}
    assert here.unchosen == {"roi1"}
    save_mask(here, "roi1", saved.with_name("mask.nii.gz"))
    assert here.unchosen == set()
    here.close()
    # The next time it may be another file of the same name.
    here = restore_session(saved, folder=journals)
    assert here.unchosen == {"roi1"}
    here.close()


def test_neither_does_it_after_a_crash(saved: Path, journals: Path) -> None:
    # What could not be written goes on in a journal, which the program trusts otherwise.
    other = saved.rename(saved.with_name("old.maskeditor"))
    log = Path(f"{other}-wal")
    here = restore_session(other, folder=journals)
    here.document.do(make("invert", {}), "roi1")
    for ending in ("", "-wal"):
        shutil.copyfile(f"{other}{ending}", saved.with_name(f"damaged.maskeditor{ending}"))
    here.close()
    assert not log.exists()
    content = bytearray(saved.with_name("damaged.maskeditor-wal").read_bytes())
    content[100] ^= 1
    saved.with_name("damaged.maskeditor-wal").write_bytes(content)
    here = restore_session(saved.with_name("damaged.maskeditor"), folder=journals)
    assert "its log is damaged behind move 1" in here.note
    here.close()
    (journal,) = journals.iterdir()
    again = restore_session(journal, folder=journals)
    assert again.unchosen == {"roi1"}
    save_mask(again, "roi1", saved.with_name("mask.nii.gz"))
    again.close()
    again = restore_session(journal, folder=journals)
    assert again.unchosen == set()
    again.close()


def test_a_journal_of_the_program_itself_knows_what_was_chosen(tmp_path: Path, journals: Path) -> None:
    here = session(write_image(tmp_path))
    here.keep_journal(journals)
    here.document.do(make("threshold", {"lower": 3}), "roi1")
    save_mask(here, "roi1", tmp_path / "mask.nii.gz")
    here.close()
    (journal,) = journals.iterdir()
    again = restore_session(journal, folder=journals)
    assert (again.files.keys(), again.unchosen) == ({"roi1"}, set())
    again.close()


def test_a_session_is_not_saved_through_a_link_to_something_else(tmp_path: Path, journals: Path) -> None:
    here = session(write_image(tmp_path))
    here.keep_journal(journals)
    here.document.do(make("threshold", {"lower": 3}), "roi1")
    (tmp_path / "settings").write_text("precious")
    (tmp_path / "link.maskeditor").symlink_to(tmp_path / "settings")
    with pytest.raises(FileError, match=r"link\.maskeditor is a link to .*settings, which is no session; choose"):
        here.save_session(tmp_path / "link.maskeditor")
    assert (tmp_path / "settings").read_text() == "precious"
    (tmp_path / "other.maskeditor").symlink_to(tmp_path / "real.maskeditor")
    here.save_session(tmp_path / "other.maskeditor")
    here.close()
    assert (tmp_path / "other.maskeditor").is_symlink()
    restore_session(tmp_path / "real.maskeditor", folder=journals).close()


def test_a_place_that_is_refused_is_so_before_the_image_is_read_through(tmp_path: Path, journals: Path) -> None:
    here, other = session(write_image(tmp_path)), session(write_image(tmp_path))
    other.save_session(tmp_path / "open.maskeditor")
    (tmp_path / "folder.maskeditor").mkdir()
    (tmp_path / "round.maskeditor").symlink_to(tmp_path / "round.maskeditor")
    here.keep_journal(journals)
    for name, wanted in (
        ("open.maskeditor", "is open in another window"),
        ("folder.maskeditor", "it is a folder"),
        ("round.maskeditor", "links lead round in a circle"),
        ("absent/work.maskeditor", "does not exist"),
    ):
        with pytest.raises(FileError, match=wanted):
            here.save_session(tmp_path / name)
    assert here.source.fingerprint == ""
    here.close(discard=True)
    other.close()


# Disks that give no locks ---------------------------------------------------------------------------------------------

SAVE_AND_RESTORE = """
import sys
from pathlib import Path
from maskeditor.core.operation.declaration import make
from maskeditor.io.journal.leftovers import leftovers
from maskeditor.model.restoring import restore_session
from maskeditor.model.session import Session
from tests.model.recovery import session, write_image
image, folder, journals = map(Path, sys.argv[1:])
here = session(write_image(image))
here.recording.failed.connect(print)
here.keep_journal(journals)
here.document.do(make("threshold", {"lower": 3}), "roi1")
for _ in range(2):
    print(*(f"{left.steps} {left.problem}" for left in leftovers(journals, ".maskeditor")), sep=chr(10))
here.save_session(folder / "work.maskeditor")
here.document.do(make("invert", {}), "roi1")
here.save_session(folder / "work.maskeditor")
voxels = here.document.voxels("roi1")
here.close()
again = restore_session(folder / "work.maskeditor", folder=journals)
print(again.note, again.document.voxels("roi1") == voxels, len(again.document.timeline))
"""


@pytest.fixture(scope="module")
def no_locks(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """What takes the place of the system's locks."""
    compiler = shutil.which("cc")
    if compiler is None or sys.platform != "linux":
        pytest.skip("There is no C compiler here, or no Linux.")
    library = tmp_path_factory.mktemp("locks") / "no_locks.so"
    source = Path(__file__).with_name("no_locks.c")
    subprocess.run([compiler, "-shared", "-fPIC", "-o", library, source, "-ldl"], check=True)
    return library


@pytest.mark.parametrize("where", ["saved", "journals"])
def test_without_locks_a_session_is_kept_and_saved_all_the_same(tmp_path: Path, no_locks: Path, where: str) -> None:
    for name in ("saved", "journals"):
        (tmp_path / name).mkdir()
    told = subprocess.run(
        [sys.executable, "-c", SAVE_AND_RESTORE, tmp_path, tmp_path / "saved", tmp_path / "journals"],
        env={
            **os.environ,
            "LD_PRELOAD": str(no_locks),
            "NO_LOCKS": str(tmp_path / where),
            "PYTHONPATH": str(Path.cwd()),
        },
        capture_output=True,
        text=True,
        check=False,
        timeout=120,
    )
    assert told.stderr == ""
    said = told.stdout.splitlines()
    if where == "saved":
        saved = "work.maskeditor is saved, but its disk gives no locks; have the session open in one window at a time."
        note = "The disk of work.maskeditor gives no locks; have the session open in one window at a time."
        assert said == ["", "", saved, saved, f"{note} True 2"]
    else:
        assert said == [*["1 its disk gives no locks, so another window may have it open"] * 2, " True 2"]
