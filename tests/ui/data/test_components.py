"""The table of components: those of scipy, live with edits and previews; a row goes there, and is acted on."""

from __future__ import annotations

import gc
from functools import partial
from pathlib import Path
from weakref import ref

import nibabel
import numpy as np
import pytest
from scipy import ndimage

from maskeditor.core.operation.declaration import make
from maskeditor.engine.errors import Cancelled
from maskeditor.engine.progress import Progress
from maskeditor.model.data.components import component_table
from maskeditor.ui.data import components
from maskeditor.ui.data.components import ComponentsPanel
from maskeditor.ui.dialogs import Answer
from tests import phantoms
from tests.ui.conftest import Desk
from tests.ui.drivers import Driver

SHAPE = (24, 26, 20)
AFFINE = np.diag([2.0, 2.0, 2.5, 1.0])
HEAD = phantoms.head(SHAPE, 0)
#: Above this, the head falls into pieces.
LOWER = 700


@pytest.fixture
def panel(desk: Desk, tmp_path: Path) -> ComponentsPanel:
    nibabel.save(nibabel.Nifti1Image(HEAD, AFFINE), tmp_path / "head.nii.gz")
    desk.open(tmp_path / "head.nii.gz")
    desk.editor.apply(make("threshold", {"lower": LOWER}))
    desk.wait()
    desk.wiring.actions["data_components"].trigger()
    desk.wait()
    (found,) = desk.window.findChildren(ComponentsPanel)
    return found


def labelled(mask: np.ndarray, reach: int = 1) -> tuple[np.ndarray, list[int]]:
    """Return scipy's labels, and these with the largest first."""
    labels, count = ndimage.label(mask, ndimage.generate_binary_structure(3, reach))
    sizes = np.bincount(labels.ravel(), minlength=count + 1)[1:]
    return labels, (np.argsort(-sizes, kind="stable") + 1).tolist()


def click(panel: ComponentsPanel, driver: Driver, row: int, *held: str) -> None:
    view = panel.view.list
    index = view.model().index(row, 0)
    view.scrollTo(index)
    at = view.visualRect(index).center()
    with driver.holding(*held):
        driver.click(view.viewport(), (at.x(), at.y()))


def check(panel: ComponentsPanel, mask: np.ndarray, reach: int = 1) -> None:
    """Compare the table with scipy's, number by number."""
    labels, order = labelled(mask, reach)
    table = panel.view.table
    assert list(table["component"]) == [*range(1, len(order) + 1)]
    assert list(table["voxels"]) == ndimage.sum_labels(mask, labels, order).tolist()
    assert list(table["millilitres"]) == pytest.approx((ndimage.sum_labels(mask, labels, order) * 0.01).tolist())
    assert list(table["peak"]) == ndimage.maximum(HEAD, labels, order).tolist()
    assert list(table["mean"]) == pytest.approx(ndimage.mean(HEAD, labels, order).tolist(), rel=1e-12)
    for row, label in enumerate(order):
        peak = tuple(table[axis][row] for axis in "ijk")
        assert HEAD[peak] == table["peak"][row]
        assert labels[peak] == label
        assert [table[axis][row] for axis in "xyz"] == (np.array(peak) * (2, 2, 2.5)).tolist()


def test_it_follows_edits_previews_and_neighbours(desk: Desk, panel: ComponentsPanel) -> None:
    check(panel, HEAD >= LOWER)
    panel.neighbours.setCurrentIndex(2)
    panel.neighbours.activated.emit(2)
    desk.wait()
    check(panel, HEAD >= LOWER, 3)
    panel.neighbours.setCurrentIndex(0)
    panel.neighbours.activated.emit(0)
    desk.wiring.operations.choose("threshold")
    change = desk.editor.pending.change
    assert change is not None
    change.fields.set_values({"lower": LOWER + 50.0, "combine": "replace"}, {})
    desk.wait()
    check(panel, HEAD >= LOWER + 50)
    assert "as previewed" in panel.view.sentence.text()
    desk.editor.clear_preview()
    desk.wait()
    check(panel, HEAD >= LOWER)
    desk.editor.undo()
    desk.wait()
    assert panel.view.sentence.text() == "'mask' has no voxels."
    assert not len(panel.view.table)


def test_it_is_of_the_image_that_is_chosen_until_one_is_chosen_by_hand(
    desk: Desk, panel: ComponentsPanel, tmp_path: Path
) -> None:
    """As the histogram, from whose range a mask is made: else the peak of a map's component is the head's."""
    other = (HEAD * 3.0 + 1).astype(np.float32)
    nibabel.save(nibabel.Nifti1Image(other, AFFINE), tmp_path / "map.nii.gz")
    nibabel.save(nibabel.Nifti1Image(np.ones(SHAPE, np.int16), AFFINE), tmp_path / "atlas.nii.gz")
    (tmp_path / "atlas.tsv").write_text("index\tname\n1\tall\n", "utf-8")
    labels, order = labelled(HEAD >= LOWER)

    def peaks() -> list[float]:
        desk.wait()
        return [float(peak) for peak in panel.view.table["peak"]]

    of_head, of_map = ndimage.maximum(HEAD, labels, order).tolist(), ndimage.maximum(other, labels, order).tolist()
    desk.wiring.files.images.add(tmp_path / "map.nii.gz")
    assert peaks() == of_map
    assert panel.image.currentText() == "map"
    desk.wiring.files.images.add(tmp_path / "atlas.nii.gz")  # labels are no intensities
    assert peaks() == of_map
    desk.editor.viewer.change(chosen_image="")
    assert peaks() == of_head
    panel.image.setCurrentText("map")
    panel.image.activated.emit(panel.image.currentIndex())
    assert peaks() == of_map
    desk.editor.viewer.change(chosen_image="map")
    desk.editor.viewer.change(chosen_image="")
    assert peaks() == of_map
    desk.editor.displays.remove("map")  # and so is what was chosen
    assert peaks() == of_head
    desk.editor.viewer.change(chosen_image="atlas")
    assert peaks() == of_head


def test_rows_lead_there_and_are_removed_and_kept(desk: Desk, panel: ComponentsPanel, driver: Driver) -> None:
    labels, order = labelled(HEAD >= LOWER)
    click(panel, driver, 1)
    assert labels[desk.editor.viewer.state.crosshair] == order[1]
    driver.key("Delete")
    desk.wait()
    np.testing.assert_array_equal(desk.mask(), (labels > 0) & (labels != order[1]))
    check(panel, desk.mask())
    click(panel, driver, 1)
    driver.click(panel.keep_button)
    desk.wait()
    np.testing.assert_array_equal(desk.mask(), labels == order[2])
    assert len(desk.document.timeline) == 3
    check(panel, desk.mask())


def test_rows_become_rois(desk: Desk, panel: ComponentsPanel, driver: Driver) -> None:
    labels, order = labelled(HEAD >= LOWER)
    click(panel, driver, 0)
    click(panel, driver, 2, "Ctrl")
    driver.click(panel.make_button)
    desk.wait()
    assert [roi.name for roi in desk.document.rois] == ["mask", "mask 1", "mask 3"]
    for roi, label in zip(desk.document.rois[1:], (order[0], order[2]), strict=True):
        np.testing.assert_array_equal(desk.document.mask(roi.id)[...], labels == label)


def test_one_row_that_becomes_an_roi_is_told_as_one(desk: Desk, panel: ComponentsPanel, driver: Driver) -> None:
    said: list[str] = []
    desk.editor.message.connect(said.append)
    click(panel, driver, 0)
    driver.click(panel.make_button)
    desk.wait()
    assert said[-1] == "Made an ROI of 1 component of 'mask'."


def test_several_rows_are_removed_and_kept_as_one_step(desk: Desk, panel: ComponentsPanel, driver: Driver) -> None:
    labels, order = labelled(HEAD >= LOWER)
    chosen = np.isin(labels, [order[0], order[2]])
    click(panel, driver, 0)
    click(panel, driver, 2, "Ctrl")
    driver.click(panel.keep_button)
    desk.wait()
    np.testing.assert_array_equal(desk.mask(), chosen)
    assert desk.document.timeline[-1].title == "Keep 2 components (6 neighbours)"
    desk.editor.undo()
    desk.wait()
    click(panel, driver, 0)
    click(panel, driver, 2, "Ctrl")
    driver.key("Delete")
    desk.wait()
    np.testing.assert_array_equal(desk.mask(), (labels > 0) & ~chosen)


def test_of_very_many_the_largest_have_rows_and_the_rest_is_counted(
    desk: Desk, panel: ComponentsPanel, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(components, "component_table", partial(component_table, most=2))
    desk.editor.apply(make("threshold", {"lower": LOWER + 50.0, "combine": "replace"}))
    desk.wait()
    labels, order = labelled(HEAD >= LOWER + 50)
    sizes = ndimage.sum_labels(labels > 0, labels, order)
    assert list(panel.view.table["voxels"]) == sizes[:2].tolist()
    said = panel.view.sentence.text()
    assert said.startswith(f"{len(order)} components of 'mask'")
    assert f"{len(order) - 2} smaller ones have no row, together {int(sizes[2:].sum())} voxels" in said


def test_a_row_acts_on_what_is_seen(desk: Desk, panel: ComponentsPanel, driver: Driver) -> None:
    """What is previewed is asked about first, as every row is of that."""
    desk.wiring.operations.choose("threshold")
    change = desk.editor.pending.change
    assert change is not None
    change.fields.set_values({"lower": LOWER + 50.0, "combine": "replace"}, {})
    desk.wait()
    asked: list[str] = []

    def answer(sentence: str) -> Answer:
        asked.append(sentence)
        return Answer.YES

    desk.editor.pending.ask = answer
    click(panel, driver, 1)
    driver.click(panel.keep_button)
    desk.wait()
    labels, order = labelled(HEAD >= LOWER + 50)
    assert len(asked) == 1
    np.testing.assert_array_equal(desk.mask(), labels == order[1])


def test_a_mask_that_moves_before_it_was_read_is_not_listed(desk: Desk, panel: ComponentsPanel) -> None:
    wanted = panel.wanted()
    assert wanted is not None
    desk.document.undo()
    with pytest.raises(Cancelled):
        wanted.work(Progress())
    desk.wait()


def test_a_table_that_is_seen_no_more_holds_no_preview(panel: ComponentsPanel, desk: Desk) -> None:
    desk.editor.previews.show(make("threshold", {"lower": 400}))
    desk.wait()
    before = ref(desk.editor.previews.known_mask)
    assert before() is not None
    panel.hide()
    desk.editor.previews.hide()
    desk.wait()
    gc.collect()
    assert before() is None
