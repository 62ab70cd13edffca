"""The classes that an operation finds, on the histogram: bars in colours, curves, and where they cross as a range."""

from __future__ import annotations

from pathlib import Path

import nibabel as nib
import numpy as np
import pytest
from PyQt6.QtWidgets import QApplication
from skimage.filters import threshold_multiotsu

from maskeditor.core.operation.declaration import make
from maskeditor.ui.histogram.ground import class_colour
from maskeditor.ui.histogram.pictured import Ground
from tests.ops.test_tissue_class import LITERAL, three_tissues
from tests.ui.conftest import Desk
from tests.ui.drivers import wait_until


@pytest.fixture
def tissues(desk: Desk, tmp_path: Path) -> Desk:
    """A window with three tissues."""
    path = tmp_path / "tissues.nii"
    nib.save(nib.Nifti1Image(three_tissues(), np.eye(4)), path)
    desk.open(path)
    return desk


def ground(desk: Desk) -> Ground:
    drawn = desk.window.histogram.plot.picture().ground
    assert drawn is not None
    return drawn


def test_curves_of_tissues_and_where_they_cross(tissues: Desk) -> None:
    tissues.wiring.operations.choose("tissue_class")
    plot = tissues.window.histogram.plot
    wait_until(lambda: ground(tissues).densities, "the curves")
    tissues.wait()
    drawn, histogram = ground(tissues), plot.histogram
    assert histogram is not None
    means = [one.value for one in plot.found if one.curve is not None]
    assert means == pytest.approx(LITERAL[0])
    # The curves together hold as many voxels as the bars.
    edges = plot.bars.edges  # type: ignore[union-attr]
    centres = (edges[1:] + edges[:-1]) / 2
    curves = [one.curve for one in plot.found if one.curve is not None]
    held = sum(curve.density(centres).sum() for curve in curves) * plot.bin_width * histogram.total
    assert held == pytest.approx(histogram.total, rel=0.01)
    assert len(drawn.densities) == 3
    assert [number for *_, number in drawn.parted] == [0, 1, 2]
    assert [plot.to_value(high) for _, high, _ in drawn.parted[:2]] == pytest.approx(LITERAL[1])
    assert len({class_colour(number).name() for number in range(5)}) == 5


def test_a_crossing_is_taken_as_a_bound(tissues: Desk) -> None:
    tissues.wiring.operations.choose("tissue_class")
    button = tissues.window.histogram.said.found
    wait_until(lambda: button.menu() is not None, "the offers")
    tissues.wait()
    offers = button.menu().actions()  # type: ignore[union-attr]
    assert len(offers) == 3
    assert offers[1].text().startswith("Take the range ")
    offers[1].trigger()
    tissues.wait()
    change = tissues.editor.pending.change
    assert change is not None
    values = change.fields.values()
    assert change.fields.operation is type(make("threshold", {}))
    assert (values["lower"], values["upper"]) == pytest.approx(tuple(LITERAL[1]), abs=0.5)
    assert tissues.window.histogram.plot.picture().range is not None


def test_the_ranges_offered_are_the_classes(tissues: Desk) -> None:
    """An intensity equal to a threshold is of the darker class alone."""
    tissues.wiring.operations.choose("otsu")
    tissues.wiring.operations.fields.set_values({"classes": 3, "keep": "middle"}, {})
    button = tissues.window.histogram.said.found
    wait_until(lambda: button.menu() is not None and len(button.menu().actions()) == 3, "the offers")
    tissues.wait()
    offers = button.menu().actions()  # type: ignore[union-attr]
    low, high = threshold_multiotsu(np.asarray(tissues.document.volume.stored), 3)
    assert [offer.text() for offer in offers] == [
        f"Take the range up to {low}", f"Take the range {low + 1}–{high}", f"Take the range from {high + 1}"
    ]  # fmt: skip


def test_numbers_of_raters_stand_behind_their_names(tissues: Desk) -> None:
    """Of three that say nearly the same; whatever letters a name has."""
    raters = {"A & B": 100, "C": 110, "D": 120}
    for name, lower in raters.items():
        tissues.editor.add_roi(name)
        tissues.editor.apply_now(make("threshold", {"lower": lower}))
    tissues.editor.set_active(tissues.document.rois[0].id)
    tissues.wiring.operations.choose("staple")
    said = tissues.window.histogram.said
    wait_until(lambda: said.found.isVisible(), "the sensitivities")
    tissues.wait()
    parts = said.found.text().split("; ")
    assert [part.partition(": sensitivity ")[0] for part in parts] == ["A && B", "C", "D"]
    assert all(", specificity " in part for part in parts)
    copied: list[str] = []
    said.copied.connect(copied.append)
    said.found.click()
    assert copied[0].startswith("Copied A & B: sensitivity ")
    rows = [row.split("\t")[0] for row in QApplication.clipboard().text().splitlines()]
    assert rows[:2] == ["Sensitivity of A & B", "Specificity of A & B"]


def test_classes_of_otsu_have_colours(tissues: Desk) -> None:
    tissues.wiring.operations.choose("automatic_threshold")
    tissues.wiring.operations.fields.set_values({"classes": 3}, {})
    wait_until(lambda: len(ground(tissues).parted) == 3, "three classes")
    assert [number for *_, number in ground(tissues).parted] == [0, 1, 2]
    assert not ground(tissues).densities
    tissues.wiring.operations.choose("background_mask")
    wait_until(lambda: not ground(tissues).parted, "no classes")
