"""Data ▸ Report…: the page of the visible ROIs, written beside the window."""

from __future__ import annotations

from pathlib import Path

import nibabel
import numpy as np
import pytest
from PyQt6.QtCore import QUrl
from PyQt6.QtGui import QDesktopServices
from PyQt6.QtWidgets import QFileDialog

from maskeditor.core.operation.declaration import make
from maskeditor.engine.errors import Cancelled
from maskeditor.engine.progress import Progress
from maskeditor.model.data.report_files import report_to
from maskeditor.ui.data.report import ReportDialog
from tests import phantoms
from tests.ui.conftest import Desk


@pytest.fixture
def head(desk: Desk, tmp_path: Path) -> Desk:
    nibabel.save(nibabel.Nifti1Image(phantoms.head(), np.diag([2.0, 2.0, 3.0, 1.0])), tmp_path / "head.nii")
    desk.open(tmp_path / "head.nii")
    desk.editor.apply_now(make("threshold", {"lower": 500}))
    return desk


@pytest.mark.parametrize("wanted", [True, False])
def test_the_page_is_saved_and_opened_where_that_is_wanted(
    head: Desk, monkeypatch: pytest.MonkeyPatch, tmp_path: Path, wanted: bool
) -> None:
    opened: list[QUrl] = []

    def choose(dialog: ReportDialog) -> bool:
        dialog.opened.setChecked(wanted)
        return True

    monkeypatch.setattr(ReportDialog, "exec", choose)
    monkeypatch.setattr(QFileDialog, "getSaveFileName", lambda *_: (str(tmp_path / "out"), ""))
    monkeypatch.setattr(QDesktopServices, "openUrl", lambda url: opened.append(url) or True)
    head.wiring.actions["data_report"].trigger()
    head.wait()
    page = (tmp_path / "out.html").read_text("utf-8")
    assert "Threshold" in page
    assert "bounds of steps" in page
    assert opened == ([QUrl.fromLocalFile(str(tmp_path / "out.html"))] if wanted else [])


def test_cancelled_it_leaves_nothing(head: Desk, tmp_path: Path) -> None:
    session = head.editor.session
    assert session is not None
    before = sorted(tmp_path.iterdir())
    progress = Progress()
    work = report_to(session, [session.document.rois[0].id], tmp_path / "out.html")
    progress.cancel()
    with pytest.raises(Cancelled):
        work(progress)
    assert sorted(tmp_path.iterdir()) == before
