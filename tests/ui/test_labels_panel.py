"""Labels of an atlas found, gone to, made ROIs of and coloured, by mouse and keys."""

from __future__ import annotations

from pathlib import Path

import nibabel
import numpy as np
import pytest
from PyQt6.QtCore import Qt
from PyQt6.QtGui import QColor
from PyQt6.QtWidgets import QColorDialog, QFileDialog, QLabel
from scipy import ndimage

from maskeditor.core.operation.declaration import make
from maskeditor.core.recipe.replay import replay
from maskeditor.core.space.geometry import Plane
from maskeditor.core.space.label_image import NamedLabel
from maskeditor.model.further import open_further
from maskeditor.model.label_census import census, middle_voxel
from maskeditor.model.label_colours import colour_of
from maskeditor.model.label_images import label_image_of
from maskeditor.model.restoring import restore_session
from maskeditor.model.session import Session
from maskeditor.model.view.display import LABELS
from maskeditor.ops.from_labels import FromLabels
from maskeditor.ui.forms.form import OperationForm
from maskeditor.ui.forms.labels_field import LabelsField
from maskeditor.ui.panels.form_context import surroundings_of
from maskeditor.ui.panels.images import ImagesPanel
from maskeditor.ui.panels.labels import LabelsPanel
from maskeditor.ui.panels.labels_model import COLOUR, NAME, NUMBER, SHARE, VOLUME, VOXELS
from tests import phantoms
from tests.ui.conftest import Desk
from tests.ui.drivers import Driver

SHAPE = (24, 26, 20)
AFFINE = phantoms.affine("anisotropic")
TABLE = "index\tname\tcolor\n17\tLeft Hippocampus\t#dcd814\n53\tRight Hippocampus\tn/a\n1001\tunused\t#000001\n"


def atlas() -> np.ndarray:
    """Two boxes, a ring and a single voxel."""
    made = np.zeros(SHAPE, np.int16)
    made[2:6, 3:9, 4:9], made[12:16, 3:9, 4:9], made[22, 24, 18] = 17, 53, 4
    made[4:14, 12:22, 12] = 90
    made[6:12, 14:20, 12] = 0
    return made


ATLAS = atlas()


@pytest.fixture
def files(tmp_path: Path) -> Path:
    nibabel.save(nibabel.Nifti1Image(phantoms.head(SHAPE, 0), AFFINE), tmp_path / "head.nii.gz")
    nibabel.save(nibabel.Nifti1Image(ATLAS, AFFINE), tmp_path / "atlas.nii.gz")
    (tmp_path / "atlas.tsv").write_text(TABLE)
    return tmp_path


@pytest.fixture
def opened(desk: Desk, files: Path) -> Desk:
    desk.open(files / "head.nii.gz")
    desk.wiring.files.images.add(files / "atlas.nii.gz")
    desk.wait()
    return desk


def panel(desk: Desk) -> LabelsPanel:
    (found,) = desk.window.findChildren(LabelsPanel)
    return found


def cells(desk: Desk, column: int) -> list[str]:
    found = panel(desk).found
    return [found.index(row, column).data() for row in range(found.rowCount())]


def click(desk: Desk, driver: Driver, number: int, column: int = NAME, twice: bool = False, ctrl: bool = False) -> None:
    view = panel(desk).list
    index = panel(desk).found.index(cells(desk, NUMBER).index(str(number)), column)
    view.scrollTo(index)
    place = view.visualRect(index).center()
    with driver.holding(*(("Ctrl",) if ctrl else ())):
        (driver.double_click if twice else driver.click)(view.viewport(), (place.x(), place.y()))
    desk.wait()


def test_the_images_come_up_where_one_of_intensities_has_come(opened: Desk) -> None:
    (images,) = opened.window.findChildren(ImagesPanel)
    opened.wait()
    assert images.visibleRegion().isEmpty()  # the labels lie before them
    opened.editor.apply(make("smooth", {"name": "s", "fwhm": 4.0}))
    opened.wait()
    assert not images.visibleRegion().isEmpty()


def test_the_list_goes_with_the_image_that_had_labels(opened: Desk, files: Path) -> None:
    (images,) = opened.window.findChildren(ImagesPanel)
    assert images.visibleRegion().isEmpty()
    nibabel.save(nibabel.Nifti1Image(phantoms.head((9, 10, 11)), AFFINE), files / "other.nii")
    opened.open(files / "other.nii")
    assert not images.visibleRegion().isEmpty()


def test_the_list_comes_up_with_all_that_is_known(opened: Desk) -> None:
    shown = opened.editor.viewer.display("atlas")
    assert shown is not None
    assert shown.colour_map == LABELS
    assert panel(opened).isVisible()
    assert cells(opened, NUMBER) == ["4", "17", "53", "90"]
    assert cells(opened, NAME) == ["", "Left Hippocampus", "Right Hippocampus", ""]
    counts = np.bincount(ATLAS.ravel())
    assert cells(opened, VOXELS) == [str(counts[number]) for number in (4, 17, 53, 90)]
    millilitres = counts[17] * opened.document.geometry.voxel_volume
    assert float(cells(opened, VOLUME)[1]) == pytest.approx(millilitres, abs=0.005)
    assert float(cells(opened, SHARE)[1]) == pytest.approx(100 * counts[17] / ATLAS.size, rel=0.01)
    colours = [panel(opened).found.index(row, COLOUR).data(Qt.ItemDataRole.DecorationRole).getRgb() for row in range(4)]
    assert [colour[:3] for colour in colours] == [colour_of(4), (220, 216, 20), colour_of(53), colour_of(90)]


def test_labels_are_found_as_one_types_and_gone_to(opened: Desk, driver: Driver) -> None:
    driver.click(panel(opened).search)
    driver.type("hippo ri")
    assert cells(opened, NUMBER) == ["53"]
    driver.key("Return")
    assert ATLAS[opened.editor.viewer.state.crosshair] == 53
    driver.key("Ctrl+A")
    driver.type("9")
    assert cells(opened, NUMBER) == ["90"]
    # The middle of a ring lies on the ring, as near to its centre as any of it.
    click(opened, driver, 90)
    crosshair, zooms = np.array(opened.editor.viewer.state.crosshair), opened.document.geometry.zooms
    centre = ndimage.center_of_mass(ATLAS == 90)
    distances = np.linalg.norm((np.argwhere(ATLAS == 90) - centre) * zooms, axis=1)
    assert np.linalg.norm((crosshair - centre) * zooms) == pytest.approx(distances.min())
    assert ATLAS[tuple(crosshair)] == 90
    driver.key("Down")


def test_an_roi_is_made_of_a_label_by_a_double_click(opened: Desk, files: Path, driver: Driver) -> None:
    click(opened, driver, 17, twice=True)
    (roi,) = opened.document.rois
    assert (roi.name, roi.label, roi.colour) == ("Left Hippocampus", 17, (220, 216, 20))
    np.testing.assert_array_equal(opened.mask(), ATLAS == 17)
    (step,) = opened.document.timeline
    assert step.title == "From labels: Left Hippocampus of atlas"
    # It is a recipe, on a fresh image with the atlas too.
    session = opened.editor.session
    assert session is not None
    again = Session.open(files / "head.nii.gz")
    again.add_image("atlas", open_further(files / "atlas.nii.gz", again.document.geometry))
    target = replay(again.document, session.recipe(roi.id))
    np.testing.assert_array_equal(again.document.mask(target)[...], ATLAS == 17)


@pytest.mark.parametrize("one_each", [False, True])
def test_rois_are_made_of_several(opened: Desk, driver: Driver, one_each: bool) -> None:
    click(opened, driver, 4)
    click(opened, driver, 53, ctrl=True)
    driver.click(panel(opened).each_button if one_each else panel(opened).make_button)
    opened.wait()
    rois = opened.document.rois
    if one_each:
        assert [(roi.name, roi.label) for roi in rois] == [("atlas 4", 4), ("Right Hippocampus", 53)]
        for roi in rois:
            np.testing.assert_array_equal(opened.document.mask(roi.id)[...], roi.label == ATLAS)
    else:
        assert [(roi.name, roi.label) for roi in rois] == [("atlas 4 + Right Hippocampus", 0)]
        np.testing.assert_array_equal(opened.mask(), np.isin(ATLAS, [4, 53]))
    assert len(opened.document.timeline) == 1 + one_each
    opened.editor.undo()
    opened.wait()
    assert not opened.document.timeline


def test_colours_and_tables_go_with_the_session(
    opened: Desk, files: Path, driver: Driver, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(QColorDialog, "getColor", lambda *args, **kwargs: QColor(1, 2, 3))
    click(opened, driver, 53, COLOUR)
    labels = opened.editor.labels.image("atlas")
    assert labels is not None
    assert (labels.colour(53), labels.colour(17)) == ((1, 2, 3), (220, 216, 20))
    table = files / "other.txt"
    table.write_text('17 9 8 7 1 1 1 "Caudate"\n')
    monkeypatch.setattr(QFileDialog, "getOpenFileName", lambda *args, **kwargs: (str(table), ""))
    driver.click(panel(opened).table_button)
    assert cells(opened, NAME) == ["", "Caudate", "", ""]
    session = opened.editor.session
    assert session is not None
    session.save_session(files / "all.maskeditor")
    session.close()
    back = restore_session(files / "all.maskeditor").further["atlas"].labels
    assert back is not None
    assert (back.name(17), back.colour(17)) == ("Caudate", (9, 8, 7))


def test_the_name_is_read_under_the_pointer(opened: Desk, driver: Driver) -> None:
    status = opened.wiring.status
    status.show_pointer((3, 4, 5))
    words = [label.text() for label in opened.window.findChildren(QLabel) if "atlas: " in label.text()]
    assert any("atlas: 17 Left Hippocampus" in text for text in words)


def test_an_atlas_that_is_opened_itself_is_drawn_and_listed(desk: Desk, files: Path, driver: Driver) -> None:
    desk.open(files / "atlas.nii.gz")
    desk.wait()
    viewer = desk.editor.viewer
    assert viewer.state.colour_map == LABELS
    assert [display.name for display, _ in viewer.drawn] == [""]
    click(desk, driver, 17, twice=True)
    np.testing.assert_array_equal(desk.mask(), ATLAS == 17)
    # The next image is one of intensities.
    desk.editor.set_session(Session.open(files / "head.nii.gz"))
    desk.wait()
    assert viewer.state.colour_map == "grey"
    assert viewer.drawn == []
    assert cells(desk, NUMBER) == []


def test_counts_equal_those_of_numpy_and_scipy() -> None:
    volume = phantoms.volume(np.asfortranarray(np.random.default_rng(3).integers(-1, 6, SHAPE).astype(np.int16)))
    labels = label_image_of(volume, {1: NamedLabel("one")})
    assert labels is not None
    found = census(volume, labels)
    assert set(found) == {-1, 1, 2, 3, 4, 5}
    for number, place in found.items():
        mask = volume.stored == number
        assert place.voxels == mask.sum()
        np.testing.assert_allclose(place.centre, ndimage.center_of_mass(mask))
        assert place.box.slices == ndimage.find_objects(mask.astype(int))[0]
        middle = middle_voxel(volume, labels, number, place)
        apart = (np.argwhere(mask) - place.centre) * volume.geometry.zooms
        nearest = np.linalg.norm(apart, axis=1).min()
        assert np.linalg.norm((np.array(middle) - place.centre) * volume.geometry.zooms) == pytest.approx(nearest)


def test_the_form_completes_names_and_takes_what_is_clicked(opened: Desk, driver: Driver) -> None:
    opened.wiring.operations.choose("from_labels")
    opened.wait()
    form = opened.wiring.operations.fields.form
    assert form is not None
    assert set(form.fields) == {"labels", "image", "combine"}  # names follow from labels
    field = form.fields["labels"]
    assert isinstance(field, LabelsField)
    assert form.fields["image"].value() == "atlas"
    driver.click(field.edit)
    driver.key("Ctrl+A")
    driver.type("17, hippo r")  # words need not be typed from their beginning
    assert not field.completer.popup().isVisible()
    for _ in range(7):
        driver.key("Backspace")
    driver.type("right")
    assert field.completer.popup().isVisible()
    driver.key("Return")
    assert field.edit.text() == "17, Right Hippocampus"
    assert field.value() == (17, 53)
    opened.wait()
    made = form.value()
    assert made.model_dump()["names"] == ("Left Hippocampus", "Right Hippocampus")
    # A click takes a label, and with Ctrl one more.
    labels = opened.editor.labels
    opened.editor.viewer.set_crosshair((5, 13, 12))
    canvas = opened.window.views.views[Plane.AXIAL].canvas
    driver.click(canvas, on_screen(opened, (4, 13, 12)))
    assert labels.at("atlas", opened.editor.viewer.state.crosshair) == 90
    assert field.value() == (90,)
    opened.wait()
    driver.key("Return")
    opened.wait()
    np.testing.assert_array_equal(opened.mask(), ATLAS == 90)
    # What is no label is refused in words.
    form = opened.wiring.operations.fields.form
    assert form is not None
    field = form.fields["labels"]
    assert isinstance(field, LabelsField)
    field.edit.setText("Rihgt Hippocampus")
    assert opened.wiring.operations.fields.asked() is None
    assert form.problem.text() == ("There is no label 'Rihgt Hippocampus' in atlas; did you mean 'Right Hippocampus'?")
    field.edit.setText("")
    assert opened.wiring.operations.fields.asked() is None
    assert form.problem.text() == "Labels is empty, but must be the numbers of labels, parted by commas."


def on_screen(desk: Desk, voxel: tuple[int, int, int]) -> tuple[float, float]:
    """Return where a voxel is on the axial canvas."""
    canvas = desk.window.views.views[Plane.AXIAL].canvas
    plane_map = desk.editor.viewer.plane_map(Plane.AXIAL)
    return canvas.camera.to_pixels(*plane_map.to_screen(np.array(voxel, float)))


def test_an_edited_step_keeps_its_names(opened: Desk, driver: Driver) -> None:
    operation = make("from_labels", {"labels": (17, 99), "names": ("old", "gone"), "image": "atlas"})
    form = OperationForm(FromLabels, operation, surroundings_of(opened.editor, opened.editor.viewer, "roi1"))
    assert form.value() == operation
    field = form.fields["labels"]
    field.set_value((17,))
    assert form.value().names == ("Left Hippocampus",)
    form.deleteLater()
