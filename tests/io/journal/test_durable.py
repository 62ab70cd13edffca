"""What SQLite is asked for, so that each move is on the disk before anybody sees it."""

from __future__ import annotations

from pathlib import Path

from maskeditor.io.journal.journal import Journal


def test_each_move_is_on_the_disk_when_its_transaction_ends(tmp_path: Path) -> None:
    path = tmp_path / "one.maskeditor"
    for make in (lambda: Journal.create(path, {}), lambda: Journal.open(path)):
        journal = make()
        wanted = {"journal_mode": "wal", "synchronous": 2, "locking_mode": "exclusive"}  # 2 is FULL
        for name, value in wanted.items():
            assert journal._database.execute(f"PRAGMA {name}").fetchone() == (value,)
        journal.close()
