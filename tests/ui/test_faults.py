"""A fault of the program: one sentence, and a report that is copied or saved."""

from __future__ import annotations

from pathlib import Path

import pytest
from PyQt6.QtCore import QTimer
from PyQt6.QtGui import QGuiApplication
from PyQt6.QtWidgets import QFileDialog, QMessageBox

from maskeditor.model.faults import log_path
from maskeditor.ui.main_window.faults import FaultBox, report
from tests.ui.conftest import Desk


def boxes(desk: Desk) -> list[FaultBox]:
    from PyQt6.QtWidgets import QApplication

    return [box for box in QApplication.topLevelWidgets() if isinstance(box, FaultBox) and box.isVisible()]


def test_a_fault_is_said_logged_and_reported(
    desk: Desk, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    seen: list[str] = []
    file = tmp_path / "report.txt"
    monkeypatch.setattr(QFileDialog, "getSaveFileName", lambda *_: (str(file), ""))

    log_path().parent.mkdir(parents=True, exist_ok=True)

    def look() -> None:
        (box,) = boxes(desk)
        seen.append(box.text())
        box.copy_button.click()
        box.save_button.click()
        assert box.isVisible()
        box.close()

    try:
        raise LookupError("/home/somebody/scan.nii")
    except LookupError as error:
        for _ in range(2):  # as what cannot be drawn fails again and again
            report(LookupError, error, error.__traceback__)
    QTimer.singleShot(50, look)
    desk.wait()
    while not seen:
        desk.wait()
    assert "(LookupError)" in seen[0]
    assert "journal" in seen[0]
    clipboard = QGuiApplication.clipboard()
    assert clipboard is not None
    text = clipboard.text()
    assert "builtins.LookupError" in text
    assert "somebody" not in text
    assert file.read_text("utf-8") == f"{text}\n"
    assert "builtins.LookupError" in log_path().read_text("utf-8")
    assert "somebody" not in log_path().read_text("utf-8")
    assert "scan.nii" in capsys.readouterr().err  # who has a terminal sees all of it


def test_a_report_that_cannot_be_saved_is_said(desk: Desk, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    said: list[str] = []
    monkeypatch.setattr(QFileDialog, "getSaveFileName", lambda *_: (str(tmp_path / "none" / "report.txt"), ""))
    monkeypatch.setattr(QMessageBox, "warning", lambda *given: said.append(given[2]))
    box = FaultBox("sentence", "text")
    box.save_button.click()
    box.deleteLater()
    assert len(said) == 1
    assert "could not be written" in said[0]
