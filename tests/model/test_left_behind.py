"""What a session was left with, and whether files hold it all anyway."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from maskeditor.core.operation.declaration import make
from maskeditor.model.left_behind import is_kept
from maskeditor.model.mask_files import save_mask
from maskeditor.model.notes import NotedPlace, Notes
from maskeditor.model.session import Session
from tests.model.recovery import write_image


def note(session: Session, mask: Path) -> None:
    session.notes = Notes((NotedPlace((1, 1, 1), "a cyst"),))
    session.recording.write_facts()


MOVES: dict[str, tuple[Callable[[Session, Path], object], bool]] = {
    "nothing": (lambda session, mask: None, True),
    "a step": (lambda session, mask: session.document.do(make("invert", {}), "roi1"), False),
    "a step that was taken back": (
        lambda session, mask: (session.document.do(make("invert", {}), "roi1"), session.document.undo()),
        True,
    ),
    "the saved step taken back": (lambda session, mask: session.document.undo(), False),
    "an image that no mask looks at": (
        lambda session, mask: session.document.do(make("gradient_magnitude", {"name": "g"}), "roi1"),
        False,
    ),
    "a note": (note, False),
    "the file changed": (lambda session, mask: mask.write_bytes(b"another program"), False),
    "the file gone": (lambda session, mask: mask.unlink(), False),
}


@pytest.mark.parametrize("move", MOVES)
def test_only_what_is_as_it_was_saved_is_kept(tmp_path: Path, move: str) -> None:
    act, expected = MOVES[move]
    session, mask = Session.open(write_image(tmp_path)), tmp_path / "mask.nii.gz"
    session.keep_journal(tmp_path / "journals")
    session.identify()
    session.document.do(make("threshold", {"lower": 5}), "roi1")
    (journal,) = (tmp_path / "journals").glob("*.maskeditor")
    save_mask(session, "roi1", mask)
    act(session, mask)
    assert not is_kept(journal)  # it is still open
    session.close()
    assert is_kept(journal) is expected


def test_what_was_never_saved_and_what_is_no_journal_is_not_kept(tmp_path: Path) -> None:
    session = Session.open(write_image(tmp_path))
    session.keep_journal(tmp_path / "journals")
    session.identify()
    session.document.do(make("threshold", {"lower": 5}), "roi1")
    session.close()
    (journal,) = (tmp_path / "journals").glob("*.maskeditor")
    assert not is_kept(journal)
    journal.write_bytes(b"no journal")
    assert not is_kept(journal)
    assert not is_kept(tmp_path / "none.maskeditor")
