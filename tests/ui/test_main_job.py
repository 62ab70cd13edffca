"""The main job, by mouse and keyboard: from an opened scan to a saved mask and back.

Every step is compared with numpy and scipy on the image as another program reads it. With a real X server the same
tests run once more in a process of their own, where xdotool moves the real pointer.
"""

from __future__ import annotations

import itertools
import os
import shutil
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import nibabel as nib
import numpy as np
import pyqtgraph
import pytest
from numpy.typing import NDArray
from PyQt6.QtCore import QPointF
from PyQt6.QtWidgets import QFileDialog, QPushButton
from scipy import ndimage

from maskeditor.core.space.geometry import Plane
from maskeditor.ui.dialogs import Answer
from maskeditor.ui.files import opening_masks
from maskeditor.ui.qt import sure
from maskeditor.ui.views.canvas import Canvas
from tests.ui.conftest import Desk, OpenDesk
from tests.ui.drivers import Driver, Position

pytestmark = [
    pytest.mark.slow,
    pytest.mark.qt_log_level_fail("WARNING"),
    pytest.mark.qt_log_ignore("propagateSizeHints"),
]

Mask = NDArray[np.bool_]


@dataclass
class Job:
    """One window, a hand, and the image as it ought to be."""

    desk: Desk
    driver: Driver
    image: NDArray[Any]
    affine: NDArray[np.float64]

    def axis(self, world: int) -> int:
        """Return the voxel axis that goes along x, y or z (0, 1, 2)."""
        return int(np.flatnonzero(nib.io_orientation(self.affine)[:, 0] == world)[0])

    # Where things are on the screen

    def on_histogram(self, intensity: float) -> Position:
        plot = self.desk.window.histogram.plot
        (canvas,) = (item for item in plot.scene().items() if isinstance(item, pyqtgraph.ViewBox))
        place = plot.mapFromScene(canvas.mapToScene(QPointF(plot.to_pixel(intensity), canvas.height() / 2)))
        return place.x(), place.y()

    def canvas(self, plane: Plane) -> Canvas:
        return self.desk.window.views.views[plane].canvas

    def on_plane(self, plane: Plane, voxel: NDArray[np.float64]) -> Position:
        canvas = self.canvas(plane)
        assert canvas.map is not None
        x, y = canvas.camera.to_pixels(*canvas.map.to_screen(voxel))
        return x, y

    # What a person does

    def drag_range(self, lower: float, upper: float) -> tuple[float, float]:
        """Drag from one end to the other, then the second to its place; return the range as the fields show it."""
        panel, driver = self.desk.window.histogram, self.driver
        plot, target = panel.plot, panel.plot.viewport()
        pixel = 1 / plot.x_scale[1]
        driver.move(target, self.on_histogram(lower))
        driver.press()
        for part in np.linspace(0.2, 0.8, 6):
            driver.move(target, self.on_histogram(lower + part * (upper - lower)))
            self.check_preview()
        driver.release()
        # With Alt it does not snap to peaks and valleys.
        driver.move(target, self.on_histogram(plot.ends()[1]))
        driver.press()
        with driver.holding("Alt"):
            driver.move(target, self.on_histogram((upper + plot.ends()[1]) / 2))
            self.check_preview()
            driver.move(target, self.on_histogram(upper))
            driver.release()
        self.check_preview()
        low, high = panel.ends.low.number(), panel.ends.high.number()
        assert low is not None
        assert high is not None
        assert abs(low - lower) <= 7 * pixel  # a pixel, and what it may snap
        assert abs(high - upper) <= 2 * pixel
        return low, high

    def check_preview(self) -> None:
        """While it is dragged, the three slices on the screen show what the range would take."""
        panel, editor = self.desk.window.histogram, self.desk.editor
        preview = editor.layers.preview
        assert preview is not None
        low, high = sure(panel.plot.bounds)
        crosshair = editor.viewer.state.crosshair
        for axis in range(3):
            values = np.moveaxis(self.image, axis, 0)[crosshair[axis]]
            wanted = in_range(values, low, high)
            assert np.array_equal(preview.slice(axis, crosshair[axis]), wanted)

    def apply(self, title: str) -> None:
        """Choose an operation in its list and press Apply."""
        panel, driver = self.desk.wiring.operations, self.driver
        rows = panel.list.list
        (item,) = (rows.item(row) for row in range(rows.count()) if rows.item(row).text().strip() == title)
        driver.settle()  # the list gives room to the form before
        rows.scrollToItem(item)
        place = rows.visualItemRect(item).center()
        driver.click(rows.viewport(), (place.x(), place.y()))
        self.desk.wait()
        (button,) = (button for button in panel.findChildren(QPushButton) if button.text() == "Apply")
        driver.click(button)
        self.desk.wait()
        assert self.desk.document.timeline[-1].operation.title == title

    def stroke(self, voxels: list[NDArray[np.float64]], button: str) -> Mask:
        """Drag the brush over voxels of the axial slice; return where it must have been.

        The points that the step keeps must lie within a pixel of the voxels aimed at; from the points, the distance
        of every voxel of the slice is worked out here once more.
        """
        canvas = self.canvas(Plane.AXIAL)
        self.driver.drag(canvas, [self.on_plane(Plane.AXIAL, voxel) for voxel in voxels], button)
        self.desk.wait()
        operation = self.desk.document.timeline[-1].operation
        assert operation.id == "paint"
        points = np.array(operation.points)  # type: ignore[attr-defined]
        aimed = np.array([self.affine[:3, :3] @ voxel + self.affine[:3, 3] for voxel in voxels])
        assert len(points) == len(aimed)
        assert np.linalg.norm(points - aimed, axis=1).max() <= 1.5 / canvas.camera.scale
        normal = self.axis(2)
        near = np.zeros(self.image.shape, bool, order="F")
        part = [slice(None)] * 3
        part[normal] = slice(round(float(voxels[0][normal])), round(float(voxels[0][normal])) + 1)
        grid = np.meshgrid(*(np.arange(n)[cut] for n, cut in zip(near.shape, part, strict=True)), indexing="ij")
        centres = np.stack(grid, axis=-1) @ self.affine[:3, :3].T + self.affine[:3, 3]
        distance = distance_from_path(centres, points)
        radius = operation.radius  # type: ignore[attr-defined]
        # No distance may be so close to the radius that rounding decides.
        assert np.abs(distance - radius).min() > 1e-6
        near[tuple(part)] = distance <= radius
        return near


def distance_from_path(centres: NDArray[np.float64], points: NDArray[np.float64]) -> NDArray[np.float64]:
    """Return the distance of positions (..., 3) from the nearest point of a path through points (n, 3)."""
    nearest = np.full(centres.shape[:-1], np.inf)
    for start, stop in itertools.pairwise(points):
        along = stop - start
        part = np.clip((centres - start) @ along / (along @ along), 0, 1)
        nearest = np.minimum(nearest, np.linalg.norm(centres - start - part[..., None] * along, axis=-1))
    return nearest


def in_range(values: NDArray[Any], low: float | None, high: float | None) -> Mask:
    taken = np.ones(values.shape, bool)
    if low is not None:
        taken &= values >= low
    if high is not None:
        taken &= values <= high
    return taken


def largest(mask: Mask) -> Mask:
    labels, _ = ndimage.label(mask)
    sizes = np.bincount(labels.ravel())
    sizes[0] = 0
    return labels == sizes.argmax()  # type: ignore[no-any-return]


def edit(job: Job) -> list[Mask]:
    """Make a mask by every step of the main job; return what it must be after each."""
    desk, driver, document = job.desk, job.driver, job.desk.document
    stages = [np.zeros(job.image.shape, bool, order="F")]

    def check(wanted: Mask) -> None:
        wanted = np.asfortranarray(wanted)  # arrays of one order are compared much faster
        assert np.array_equal(desk.mask(), wanted)
        assert document.voxels(desk.editor.active) == np.count_nonzero(wanted)
        stages.append(wanted)
        assert len(document.timeline) == len(stages) - 1
        assert not np.array_equal(*stages[-2:])

    bright = float(np.percentile(job.image[job.image > job.image.mean()], 99))
    low, high = job.drag_range(0.45 * bright, 0.9 * bright)
    driver.click(desk.window.histogram.change.apply_button)
    desk.wait()
    check(in_range(job.image, low, high))
    job.apply("Opening")
    check(ndimage.binary_opening(stages[-1]))
    job.apply("Keep largest")
    check(largest(stages[-1]))

    # In the slice through the middle of the mask: across it and beyond its edges, then through it the other way.
    across, down, normal = (job.axis(world) for world in range(3))
    inside = np.argwhere(stages[-1])
    centre = np.zeros(3)
    centre[normal] = np.median(inside[:, normal])
    in_slice = inside[inside[:, normal] == centre[normal]]
    centre[[across, down]] = np.median(in_slice[:, [across, down]], axis=0)
    reach = 0.6 * np.ptp(in_slice, axis=0)
    last = np.array(job.image.shape) - 1

    def away(axis: int, part: float) -> NDArray[np.float64]:
        # Off the centres of voxels, where distances are round.
        place = centre + 0.31 * (np.arange(3) != normal)
        place[axis] += part * reach[axis]
        return np.clip(place, 0, last)

    driver.key("1")
    driver.click(job.canvas(Plane.CORONAL), job.on_plane(Plane.CORONAL, centre))
    # Where voxels are smaller than pixels, a neighbour may be hit.
    hit = desk.editor.viewer.state.crosshair[normal]
    assert abs(hit - centre[normal]) <= 1
    centre[normal] = hit
    driver.key("3")
    painted = job.stroke([away(across, part) for part in (-1, -0.2, 0.4, 1)], "left")
    check(stages[-1] | painted)
    erased = job.stroke([away(down, part) for part in (-1, 0, 1)], "right")
    check(stages[-1] & ~erased)
    return stages


def walk(job: Job, stages: list[Mask]) -> None:
    """Undo all and redo all; every stage comes back to the voxel."""
    history = job.desk.document.history
    for wanted in stages[-2::-1]:
        job.driver.key("Ctrl+Z")
        job.desk.wait()
        assert np.array_equal(job.desk.mask(), wanted)
    assert not history.can_undo
    for number, wanted in enumerate(stages[1:]):
        job.driver.key("Ctrl+Y" if number % 2 else "Ctrl+Shift+Z")
        job.desk.wait()
        assert np.array_equal(job.desk.mask(), wanted)
    assert not history.can_redo


def save(job: Job, path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(QFileDialog, "getSaveFileName", lambda *args, **kwargs: (str(path), ""))
    assert job.desk.window.isWindowModified()
    job.driver.key("Ctrl+S")
    job.desk.wait()
    assert not job.desk.window.isWindowModified()


def reopen(job: Job, desk: Desk, path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Bring a saved mask, with its steps, into another window on the same image."""
    monkeypatch.setattr(opening_masks, "ask", lambda *args, **kwargs: Answer.YES)
    monkeypatch.setattr(QFileDialog, "getOpenFileName", lambda *args, **kwargs: (str(path), ""))
    desk.window.activateWindow()
    job.driver.key("Ctrl+Shift+O")
    desk.wait()


def do_the_job(
    job: Job, open_desk: OpenDesk, source: Path | None, target: Path, monkeypatch: pytest.MonkeyPatch
) -> nib.Nifti1Image:
    """Do all of it; return the saved mask as nibabel reads it."""
    assert job.desk.document.geometry.shape == job.image.shape
    np.testing.assert_allclose(job.desk.document.geometry.affine, job.affine, rtol=0, atol=1e-5)
    stages = edit(job)
    walk(job, stages)
    save(job, target, monkeypatch)
    made = nib.load(target)
    assert np.array_equal(np.asarray(made.dataobj), stages[-1])
    assert made.get_data_dtype() == np.uint8
    assert target.with_name(target.name.replace(".nii.gz", ".json")).is_file()
    again = open_desk()
    again.open(source)
    reopen(job, again, target, monkeypatch)
    assert np.array_equal(again.mask()[...], stages[-1])
    assert [step.operation for step in again.document.timeline] == [
        step.operation for step in job.desk.document.timeline
    ]
    return made


def test_on_the_embedded_sample(
    desk: Desk, driver: Driver, open_desk: OpenDesk, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    desk.open()
    volume = desk.document.volume
    job = Job(desk, driver, np.array(volume.stored), volume.geometry.affine)
    made = do_the_job(job, open_desk, None, tmp_path / "mask.nii.gz", monkeypatch)
    assert made.shape == volume.geometry.shape
    np.testing.assert_allclose(made.affine, volume.geometry.affine, rtol=0, atol=1e-4)


def test_on_a_nifti_file(
    desk: Desk,
    driver: Driver,
    open_desk: OpenDesk,
    test_data: Path,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    path = test_data / "nifti" / "T1_head_ext2.nii.gz"
    source = nib.load(path)
    monkeypatch.setattr(QFileDialog, "getOpenFileName", lambda *args, **kwargs: (str(path), ""))
    driver.key("Ctrl+O")
    desk.wait()
    job = Job(desk, driver, source.get_fdata(), source.affine)
    made = do_the_job(job, open_desk, path, tmp_path / "mask.nii.gz", monkeypatch)
    before, after = source.header, made.header
    fields = ("pixdim", "xyzt_units", "qform_code", "sform_code", "quatern_b", "quatern_c", "quatern_d", "qoffset_x")
    for field in (*fields, "qoffset_y", "qoffset_z", "srow_x", "srow_y", "srow_z", "dim_info"):
        assert after[field].tobytes() == before[field].tobytes(), field
    assert after["dim"][:4].tobytes() == before["dim"][:4].tobytes()


def test_on_a_dicom_folder(
    desk: Desk,
    driver: Driver,
    open_desk: OpenDesk,
    dicom_data: Path,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    folder = dicom_data / "in" / "t1_sag_384"
    monkeypatch.setattr(QFileDialog, "getExistingDirectory", lambda *args, **kwargs: str(folder))
    driver.key("Ctrl+D")
    desk.wait()
    image, affine = read_dicom(folder)
    assert image.shape == (274, 384, 384)
    made = do_the_job(Job(desk, driver, image, affine), open_desk, folder, tmp_path / "mask.nii.gz", monkeypatch)
    np.testing.assert_allclose(made.affine, affine, rtol=0, atol=1e-4)
    session = desk.editor.session
    assert session is not None
    record = np.frombuffer(session.header.raw, nib.Nifti1Header.template_dtype)[0]
    for field in ("pixdim", "xyzt_units", "qform_code", "sform_code", "srow_x", "srow_y", "srow_z"):
        assert made.header[field].tobytes() == record[field].tobytes(), field
    assert made.header["qform_code"] > 0
    np.testing.assert_allclose(made.header.get_qform(), affine, rtol=0, atol=1e-3)


def read_dicom(folder: Path) -> tuple[NDArray[Any], NDArray[np.float64]]:
    """Return voxels [column, row, slice] and the affine to RAS, by the definitions of the DICOM standard (C.7.6.2)."""
    import pydicom

    slices = [pydicom.dcmread(path) for path in sorted(folder.iterdir())]
    across, down = np.array(slices[0].ImageOrientationPatient, float).reshape(2, 3)
    normal = np.cross(across, down)
    slices.sort(key=lambda one: float(np.dot(normal, one.ImagePositionPatient)))
    positions = np.array([one.ImagePositionPatient for one in slices], float)
    row_spacing, column_spacing = map(float, slices[0].PixelSpacing)
    affine = np.eye(4)
    affine[:3, 0], affine[:3, 1] = across * column_spacing, down * row_spacing
    affine[:3, 2] = (positions[-1] - positions[0]) / (len(slices) - 1)
    affine[:3, 3] = positions[0]
    image = np.asfortranarray(np.stack([one.pixel_array.T for one in slices], axis=-1))
    slope, intercept = float(slices[0].get("RescaleSlope", 1)), float(slices[0].get("RescaleIntercept", 0))
    assert {(one.get("RescaleSlope", 1), one.get("RescaleIntercept", 0)) for one in slices} == {(slope, intercept)}
    if (slope, intercept) != (1.0, 0.0):
        image = image * slope + intercept
    return image, np.diag([-1.0, -1.0, 1.0, 1.0]) @ affine


def test_on_a_real_x_server(xvfb_display: str, tmp_path: Path) -> None:
    """The tests above, with the pointer and keyboard of an X server."""
    if not shutil.which("xdotool"):
        pytest.skip("There is no xdotool here; install it to move a real pointer.")
    environment = os.environ | {"DISPLAY": xvfb_display, "QT_QPA_PLATFORM": "xcb"}
    command = [sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider", "-k", "not real_x_server", __file__]
    root = Path(__file__).resolve().parents[2]
    done = subprocess.run(command, cwd=root, env=environment, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout + done.stderr
