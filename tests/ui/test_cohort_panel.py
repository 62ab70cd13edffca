"""The panel of a cohort: images are opened, accepted, rejected and corrected; corrections outlive a rerun."""

from __future__ import annotations

import warnings
from pathlib import Path

import nibabel
import numpy as np
import pytest
from PyQt6.QtWidgets import QTreeWidgetItem

import maskeditor
from maskeditor.core.operation.declaration import make
from maskeditor.model.cohort.folder import known_verdicts, outcomes_of
from maskeditor.model.cohort.ledger import Ledger
from maskeditor.model.cohort.verdicts import Verdict, write_verdicts
from maskeditor.ui.panels.cohort import VERDICT, CohortPanel
from tests.cohorts import cohort, image_of, recipe_in
from tests.ui.conftest import Desk
from tests.ui.drivers import Driver


def opened(desk: Desk, out: Path, image: Path | None = None) -> CohortPanel:
    panel = desk.wiring.cohort
    panel.open_folder(out, image)
    desk.wait()
    return panel


def row(panel: CohortPanel, place: int) -> QTreeWidgetItem:
    item = panel.list.topLevelItem(place)
    assert item is not None
    return item


def mask_of(out: Path, number: int) -> np.ndarray:
    return np.asarray(nibabel.load(next(out.glob(f"sub-0{number}/func/*_mask.nii.gz"))).dataobj) > 0


@pytest.mark.slow
def test_accept_correct_reject_and_run_again(desk: Desk, tmp_path: Path) -> None:
    cohort(tmp_path, 4)
    out, images = tmp_path / "out", str(tmp_path / "ds/sub-*/func/*_bold.nii.gz")
    image_of(tmp_path, 3).write_bytes(b"spoiled")
    with warnings.catch_warnings(action="ignore"):
        maskeditor.batch(recipe_in(tmp_path), images, out)
    before = mask_of(out, 2)
    # What failed stands first; it can be rejected and neither accepted nor corrected.
    panel = opened(desk, out)
    assert row(panel, 0).text(0).startswith("sub-03/")
    assert panel.reject_button.isEnabled()
    assert not panel.accept_button.isEnabled()
    panel.note.setText("spoiled")
    panel.reject_button.click()
    desk.wait()
    assert row(panel, 0).text(VERDICT) == "rejected"
    # The copied command leads to an image.
    panel = opened(desk, out, image_of(tmp_path, 2))
    assert np.array_equal(desk.mask(), before)
    assert not desk.editor.session.unsaved()
    assert not panel.correct_button.isEnabled()
    stroke = make("paint", {"points": [tuple(desk.document.geometry.to_world((1, 1, 1)))], "radius": 4.0})
    desk.editor.apply(stroke)
    desk.wait()
    assert panel.correct_button.isEnabled()
    assert not panel.accept_button.isEnabled()
    corrected = desk.mask()
    assert corrected.sum() > before.sum()
    panel.correct_button.click()
    desk.wait()
    assert np.array_equal(mask_of(out, 2), corrected)
    ledger = Ledger(out)
    outcomes = {one.key[:6]: one for one in outcomes_of(ledger)}
    assert outcomes["sub-02"].corrected == 1
    verdicts = known_verdicts(ledger, list(outcomes.values()))
    assert {key[:6]: one.verdict for key, one in verdicts.items()} == {"sub-02": "pass", "sub-03": "fail"}
    assert (out / "qc_fail.yml").read_text() == "FILES_SEG:\n- sub-03_task-rest_bold.nii.gz\n"
    # It has gone on to the next that is not judged.
    assert desk.editor.session.path not in (image_of(tmp_path, 2), None)
    panel.accept_button.click()
    desk.wait()
    # By another recipe, the correction is carried out after it, and verdicts on masks that changed are stale.
    with warnings.catch_warnings(action="ignore"):
        maskeditor.batch(recipe_in(tmp_path, lower=45), images, out)
    plain = maskeditor.run(maskeditor.open_image(image_of(tmp_path, 2)), ["threshold lower=45", "opening"]).data
    by_hand = corrected & ~before
    assert np.array_equal(mask_of(out, 2), plain | by_hand)
    panel = opened(desk, out)
    states = {row(panel, place).text(0)[:6]: row(panel, place).text(VERDICT) for place in range(4)}
    assert states["sub-02"] == "changed since (corrected)"
    assert sorted(states.values()).count("changed since") == 1
    panel.next_button.click()
    desk.wait()
    panel.previous_button.click()
    desk.wait()


def test_what_was_judged_of_another_mask_is_said(desk: Desk, tmp_path: Path) -> None:
    cohort(tmp_path, 2)
    out = tmp_path / "out"
    maskeditor.batch(recipe_in(tmp_path), str(tmp_path / "ds/sub-*/func/*_bold.nii.gz"), out)
    first, second = outcomes_of(Ledger(out))
    known = {first.key: Verdict("pass", "fine", "blake9:0"), second.key: Verdict("pass", "", "blake3:0")}
    write_verdicts(out / "verdicts.tsv", known)
    said: list[str] = []
    desk.editor.message.connect(said.append)
    panel = opened(desk, out)
    rows = {row(panel, place).text(0): row(panel, place) for place in range(2)}
    assert [rows[key].text(VERDICT) for key in known] == ["may have changed", "changed since"]
    assert panel.sentence.text() == "out: 0 accepted, 0 rejected, 2 to judge"
    untold = (
        "Whether the mask has changed since it was judged cannot be told: its fingerprint is of a kind that this "
        "version of maskeditor does not know ('blake9'); a newer one may. Look again."
    )
    changed = "Accepted before the mask changed: look again."
    assert rows[first.key].toolTip(0) == f"{first.key}\n{untold}\nfine"
    assert rows[second.key].toolTip(0) == f"{second.key}\n{changed}"
    for number, sentence in ((1, untold), (2, changed)):
        panel = opened(desk, out, image_of(tmp_path, number))
        assert said[-1] == sentence
    panel.accept_button.click()
    desk.wait()
    assert [row(panel, place).text(VERDICT) for place in range(2)].count("accepted") == 1
    desk.editor.message.disconnect(said.append)


def test_a_shared_step_that_was_changed_is_no_correction(desk: Desk, tmp_path: Path) -> None:
    cohort(tmp_path, 1)
    out = tmp_path / "out"
    maskeditor.batch(recipe_in(tmp_path), str(image_of(tmp_path, 1)), out)
    panel = opened(desk, out)
    desk.editor.undo()
    desk.editor.apply(make("invert", {}))
    desk.wait()
    failures: list[str] = []
    desk.editor.failed.disconnect()
    desk.editor.failed.connect(failures.append)
    panel.correct_button.click()
    desk.wait()
    assert len(failures) == 1
    assert "of the recipe that all images share was changed here" in failures[0]
    assert not (out / "corrections").exists()


def test_one_after_the_other_is_judged_by_one_key(desk: Desk, driver: Driver, tmp_path: Path) -> None:
    cohort(tmp_path, 3)
    out = tmp_path / "out"
    maskeditor.batch(recipe_in(tmp_path), str(tmp_path / "ds/sub-*/func/*_bold.nii.gz"), out)
    panel = opened(desk, out)
    panel.accept_button.setFocus()
    for button in (panel.accept_button, panel.accept_button, panel.reject_button):
        if button is panel.reject_button:
            driver.key("Tab")
        assert button.hasFocus()
        driver.key("Space")
        desk.wait()
    assert [row(panel, place).text(VERDICT) for place in range(3)] == ["accepted", "accepted", "rejected"]
