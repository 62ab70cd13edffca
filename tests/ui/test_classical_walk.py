"""The classical walk from a series and its labels to ROIs, by mouse and keys, stage by stage beside the peers.

Smooth, mean, t test of two conditions, -log10 p cut at 10, threshold, intersect with a mask, dilate, components, two
ROIs, one image of labels. The same by one command is in `tests/cli/test_further_images.py`.
"""

from __future__ import annotations

from pathlib import Path

import nibabel
import numpy as np
import pytest
from nilearn.image import smooth_img
from PyQt6.QtWidgets import QComboBox, QFileDialog, QToolButton, QWidget
from scipy import ndimage, stats

from tests import phantoms
from tests.ui.conftest import Desk
from tests.ui.drivers import Driver
from tests.ui.test_every_operation_by_hand import field, row

SHAPE = (34, 30, 20)
AFFINE = phantoms.affine("anisotropic")
LABELS = np.array(["rest", "face"] * 6)


@pytest.fixture
def series(tmp_path: Path) -> Path:
    """A head through twelve volumes, in which two places are brighter under one of two conditions."""
    random = np.random.default_rng(3)
    data = np.stack([phantoms.head(SHAPE, 0) + random.normal(0, 20, SHAPE) for _ in LABELS], axis=-1)
    data[6:11, 9:15, 7:12, 1::2] += 90
    data[22:26, 14:19, 8:13, 1::2] += 90
    nibabel.save(nibabel.Nifti1Image(data.astype(np.float32), AFFINE), tmp_path / "bold.nii")
    (tmp_path / "labels.csv").write_text("labels,chunks\n" + "".join(f"{label},0\n" for label in LABELS))
    return tmp_path / "bold.nii"


def fill(desk: Desk, driver: Driver, id: str, **values: str) -> None:
    """Choose an operation in the list and set its fields."""
    driver.click(*row(desk, id))
    desk.wait()
    enter(desk, driver, **values)


def enter(desk: Desk, driver: Driver, **values: str) -> None:
    """Set fields of the form that is open: texts are typed, choices taken with the arrow keys."""
    for name, value in values.items():
        widget = field(desk, name)
        if isinstance(widget, QComboBox) and not widget.isEditable():
            choose(driver, widget, value)
        else:
            driver.click(widget)
            driver.key("Ctrl+A")
            driver.type(value)
    desk.wait()


def choose(driver: Driver, box: QComboBox, text: str) -> None:
    box.setFocus()
    driver.key("Home")
    for _ in range(box.count()):
        if box.currentText() == text:
            return
        driver.key("Down")
    raise AssertionError(f"{text} is not among {[box.itemText(place) for place in range(box.count())]}")


def apply(desk: Desk, driver: Driver) -> None:
    driver.click(desk.wiring.operations.apply_button)
    desk.wait()


def button(desk: Desk, name: str) -> QWidget:
    form = desk.wiring.operations.fields.form
    assert form is not None
    (found,) = (one for one in form.findChildren(QToolButton) if one.accessibleName() == name)
    return found


def image(desk: Desk, name: str) -> np.ndarray:
    shown = desk.editor.viewer.images[name].volume
    return np.asarray(shown.scaled(shown.stored))


def test_the_classical_walk(desk: Desk, driver: Driver, series: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    desk.open(series)
    monkeypatch.setattr(QFileDialog, "getOpenFileName", lambda *_: (str(series.parent / "labels.csv"), ""))
    monkeypatch.setattr(QFileDialog, "getSaveFileName", lambda parent, title, suggested, kinds: (suggested, kinds))

    fill(desk, driver, "smooth", name="soft", fwhm="6")
    apply(desk, driver)
    soft = smooth_img(str(series), 6).get_fdata()
    np.testing.assert_allclose(image(desk, "soft"), soft, rtol=1e-6)

    fill(desk, driver, "mean", name="mean", image="soft")
    apply(desk, driver)
    np.testing.assert_allclose(image(desk, "mean"), soft.mean(axis=3), rtol=1e-6)

    fill(desk, driver, "t_test", name="logs", image="soft")
    driver.click(button(desk, "Choose a table"))
    desk.wait()
    enter(desk, driver, a="face", b="rest", result="−log10 p", upper="10")
    apply(desk, driver)
    p = stats.ttest_ind(soft[..., LABELS == "face"], soft[..., LABELS == "rest"], axis=3).pvalue
    logs = np.nan_to_num(-np.log10(p)).clip(max=10)
    np.testing.assert_allclose(image(desk, "logs"), logs, rtol=1e-6, atol=1e-9)

    fill(desk, driver, "threshold", image="logs", lower="5")
    apply(desk, driver)
    mask = logs >= 5
    np.testing.assert_array_equal(desk.mask(), mask)
    fill(desk, driver, "threshold", image="mean", lower="300", upper="", combine="Intersect")
    apply(desk, driver)
    mask &= soft.mean(axis=3) >= 300
    np.testing.assert_array_equal(desk.mask(), mask)
    fill(desk, driver, "dilation")
    apply(desk, driver)
    mask = ndimage.binary_dilation(mask)
    np.testing.assert_array_equal(desk.mask(), mask)

    pieces, count = ndimage.label(mask)
    assert count >= 2
    driver.key("Ctrl+Shift+K")
    desk.wait()
    assert len(desk.document.rois) == 1 + count
    driver.key("Ctrl+Shift+L")
    desk.wait()
    saved = np.asarray(nibabel.load(series.parent / "bold_dseg.nii.gz").dataobj)
    order = np.argsort(-np.bincount(pieces.ravel())[1:], kind="stable")
    expected = sum(np.where(pieces == 1 + piece, 2 + place, 0) for place, piece in enumerate(order))
    np.testing.assert_array_equal(saved, expected)
