"""Make the README's pictures from the real program, on its embedded samples.

    python packaging/screenshots.py [FOLDER]

Nothing is put together by hand: the window is opened without a display, used as a person would use it, and grabbed.
"""

from __future__ import annotations

import os
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Any

os.environ["QT_QPA_PLATFORM"] = "offscreen"
# As on a new machine, whoever makes them: nothing is kept there, and no interrupted session is offered.
_EMPTY = tempfile.TemporaryDirectory()
for variable in ("HOME", "XDG_CONFIG_HOME", "XDG_DATA_HOME", "XDG_STATE_HOME", "XDG_CACHE_HOME"):
    os.environ[variable] = _EMPTY.name
ROOT = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT))

if TYPE_CHECKING:
    from maskeditor.core.history.document import Document
    from maskeditor.core.space.volume import Volume
    from maskeditor.ui.main_window.wiring import Wiring

SIZE = (1366, 768)
#: Intensities of grey and white matter in the sample, and of white matter alone.
TISSUE, WHITE = (340.0, 720.0), (540.0, 720.0)
#: Intensities of white matter, and the gradients (per mm) of what lies within it.
INSIDE_WHITE = ((540.0, 0.0), (720.0, 0.0), (690.0, 70.0), (560.0, 70.0))
#: The steps of a brain.
BRAIN = (
    f"threshold lower={TISSUE[0]:g} upper={TISSUE[1]:g}",
    "erosion iterations=2",
    "keep_largest",
    "dilation iterations=3",
    "fill_holes",
)
#: Of the pictures of pages, whose first part they show.
REPORT_SIZE = (1100, 860)
#: Two conditions in turn, which the sample's series knows nothing of.
TASK = ("face", "face", "house", "house") * 3
#: Two places of the sample EPI, and the t beyond which they differ.
ACTIVE, T = ((22, 30, 18), (44, 26, 17)), 5.0
#: Seconds.
PATIENCE = 120.0


def wait(wiring: Wiring, holds: Callable[[], object]) -> None:
    """Let the window live until something holds and everything is worked out and drawn, the histogram too."""
    deadline = time.monotonic() + PATIENCE
    while not (holds() and wiring.window.histogram.plot.bars is not None):
        if time.monotonic() > deadline:
            raise SystemExit("The window did not come to rest; no picture was made.")
        wiring.settle()


def _make_brain(wiring: Wiring) -> None:
    """Make a brain by five steps."""
    from maskeditor.core.operation.declaration import make

    editor = wiring.editor
    wiring.files.open_sample("t1")
    wait(wiring, lambda: editor.document is not None)
    for id, values in (
        ("threshold", {"lower": TISSUE[0], "upper": TISSUE[1]}),
        ("erosion", {"iterations": 2}),
        ("keep_largest", {}),
        ("dilation", {"iterations": 3}),
        ("fill_holes", {}),
    ):
        editor.apply(make(id, values))
        wait(wiring, lambda: not editor.jobs.busy)


def window(wiring: Wiring) -> None:
    """A brain by five steps, and the range of its white matter as it is previewed."""
    editor = wiring.editor
    _make_brain(wiring)
    i, j, k = _document(wiring).geometry.shape
    editor.viewer.set_crosshair((round(0.52 * i), round(0.5 * j), round(0.42 * k)))
    panel = wiring.window.histogram
    panel.change.combine.setCurrentIndex(panel.change.combine.findData("intersect"))
    for field, value in zip((panel.ends.low, panel.ends.high), WHITE, strict=True):
        field.setValue(value)
    wait(wiring, _counted(wiring))


def epi(wiring: Wiring) -> None:
    """The EPI mask, before it is applied."""
    editor = wiring.editor
    wiring.files.open_sample("epi")
    wait(wiring, lambda: editor.document is not None)
    wiring.operations.choose("epi_mask")
    wait(wiring, _counted(wiring))


def joint(wiring: Wiring) -> None:
    """White matter away from its edges: a region of intensities and gradients, before it is applied."""
    from maskeditor.core.operation.declaration import find

    editor, panel = wiring.editor, wiring.joint_histogram
    wiring.files.open_sample("t1")
    wait(wiring, lambda: editor.document is not None)
    wiring.window.docks["joint_histogram"].show()
    wait(wiring, lambda: panel.histogram is not None)
    editor.pending.open_form(find("joint_histogram_region"), {"corners": INSIDE_WHITE})
    i, j, k = _document(wiring).geometry.shape
    editor.viewer.set_crosshair((round(0.52 * i), round(0.5 * j), round(0.42 * k)))
    wait(wiring, _counted(wiring))


def statistics(wiring: Wiring) -> None:
    """The statistics of the head where it is as bright as its tissues."""
    from maskeditor.core.operation.declaration import make

    editor = wiring.editor
    wiring.files.open_sample("t1")
    wait(wiring, lambda: editor.document is not None)
    ranges = {"as grey matter": (TISSUE[0], WHITE[0]), "as white matter": WHITE, "as fat": (WHITE[1], None)}
    for name, (lower, upper) in ranges.items():
        editor.add_roi(name)
        wait(wiring, lambda: not editor.jobs.busy)
        editor.apply(make("threshold", {"lower": lower, "upper": upper}))
        wait(wiring, lambda: not editor.jobs.busy)
    editor.delete_roi(_document(wiring).rois[0].id)
    wait(wiring, lambda: len(_document(wiring).rois) == len(ranges))
    i, j, k = _document(wiring).geometry.shape
    editor.viewer.set_crosshair((round(0.52 * i), round(0.5 * j), round(0.42 * k)))
    wiring.actions["data_statistics"].trigger()
    wait(wiring, lambda: not editor.working)


def signals(wiring: Wiring) -> None:
    """Signals by condition of a brain, and of the voxels that a t test of noise has chosen: circular, and said so."""
    from maskeditor.core.operation.declaration import make
    from maskeditor.ui.data.signals import SignalsPanel

    editor = wiring.editor
    wiring.files.open_sample("epi")
    wait(wiring, lambda: editor.document is not None)
    test = {"name": "t", "a": "face", "b": "house", "conditions": TASK}
    for id, values in (("epi_mask", {}), ("t_test", test), ("threshold", {"image": "t", "lower": 5.0})):
        if id == "t_test":
            editor.add_roi("chosen by t")
        editor.apply(make(id, values))
        wait(wiring, lambda: not editor.jobs.busy)
    editor.noting.show_conditions(TASK)
    dock = wiring.window.docks["signals"]
    dock.show()
    panel = dock.findChild(SignalsPanel)
    assert panel is not None
    panel.form.set_values({"standardize": "psc"})
    panel.take_signals()
    wait(wiring, lambda: panel.taken is not None)


def t_map(wiring: Wiring) -> None:
    """A map of t over the series that it was made from, and the two places that differ as ROIs."""
    from maskeditor.core.operation.declaration import make
    from maskeditor.model.sample import sample_volume

    editor, viewer = wiring.editor, wiring.editor.viewer
    series = Path(_EMPTY.name) / "task_bold.nii"
    _save_task(sample_volume("epi"), series)
    wiring.files.open_path(series)
    wait(wiring, lambda: editor.document is not None)
    labels = ("rest", "task") * (_document(wiring).volume.frames // 2)
    for id, values in (
        ("smooth", {"name": "smoothed", "fwhm": 6.0}),
        ("t_test", {"name": "t", "image": "smoothed", "conditions": labels, "a": "task", "b": "rest"}),
        ("threshold", {"image": "t", "lower": T}),
        ("remove_small", {"below": 50, "unit": "voxels"}),
    ):
        editor.apply(make(id, values))
        wait(wiring, lambda: not editor.jobs.busy)
    wiring.commands.split_roi()
    wait(wiring, lambda: len(_document(wiring).rois) > 2)
    editor.change_roi(_document(wiring).rois[0].id, visible=False)
    editor.displays.show("t", True)
    wait(wiring, lambda: "t" in viewer.images)
    viewer.change_display("t", threshold=T, window=(-2.5 * T, 2.5 * T))
    viewer.change(outline=True, opacity=1.0)
    viewer.set_crosshair(ACTIVE[0])
    wait(wiring, lambda: not editor.jobs.busy)


def _save_task(volume: Volume, path: Path) -> None:
    """Write a series with two places that are brighter in every second volume."""
    import nibabel
    import numpy as np

    made = volume.scaled(volume.stored).astype(np.float32)
    at = np.stack(np.meshgrid(*map(np.arange, made.shape[:3]), indexing="ij"), axis=-1)
    for place in ACTIVE:
        near = np.exp(-((at - place) ** 2).sum(axis=-1) / 18)
        made[..., 1::2] *= 1 + 0.05 * near[..., None]
    nibabel.save(nibabel.Nifti1Image(made, volume.geometry.affine), path)  # type: ignore[no-untyped-call]


def tissues(wiring: Wiring) -> None:
    """Tissues as a mixture of Gaussians, of which one is taken."""
    _on_the_head(wiring, "tissue_class", {"classes": 4, "keep": "third"})
    wait(wiring, lambda: wiring.window.histogram.plot.found)


def otsu(wiring: Wiring) -> None:
    """Otsu's classes of the head, before they are applied."""
    _on_the_head(wiring, "automatic_threshold", {"method": "otsu", "classes": 4})
    wait(wiring, lambda: wiring.window.histogram.plot.found)


def percentiles(wiring: Wiring) -> None:
    """The brighter voxels of the head, by shares of all."""
    _on_the_head(wiring, "percentiles", {"lower": 60.0, "upper": 98.0})
    wait(wiring, lambda: wiring.window.histogram.plot.found)


def smoothed(wiring: Wiring) -> None:
    """Grey matter by a range on the smoothed image, which the planes show."""
    wiring.window.histogram.sources.show_smoothed.setChecked(True)
    _on_the_head(wiring, "threshold", {"lower": 330.0, "upper": 520.0, "fwhm": 3.0})


def ct(wiring: Wiring) -> None:
    """Bone by its range in HU, in a window for soft tissue, on a head that is made as CT would see it."""
    import nibabel
    import numpy as np

    from maskeditor.model.hounsfield import TISSUES, WINDOWS

    path = Path(_EMPTY.name) / "ct head.nii.gz"
    image = nibabel.Nifti1Image(_ct_head(), np.diag([2.0, 2.0, 2.0, 1.0]))  # type: ignore[no-untyped-call]
    nibabel.save(image, path)
    editor = wiring.editor
    wiring.files.open_path(path)
    wait(wiring, lambda: editor.document is not None)
    bone = next(tissue for tissue in TISSUES if tissue.title == "Bone")
    editor.viewer.set_window(*next(window for window in WINDOWS if window.title == "Soft tissue").ends)
    editor.viewer.set_crosshair((41, 56, 49))
    wiring.window.histogram.more.range_chosen.emit((bone.lower, bone.upper))
    wait(wiring, _counted(wiring))


def _ct_head() -> Any:
    """Return a head in HU, (96, 112, 88) array of int16: skin, fat, skull, brain, ventricles, sinuses and noise."""
    import numpy as np

    shape = (96, 112, 88)
    grid = np.moveaxis(np.indices(shape), 0, -1) - np.array(shape) / 2

    def ball(middle: tuple[float, float, float], radii: tuple[float, float, float]) -> Any:
        return (((grid - np.array(middle)) / np.array(radii)) ** 2).sum(axis=-1) < 1

    head = np.full(shape, -1000.0)
    for radius, intensity in ((1.0, 45.0), (0.965, -95.0), (0.925, 40.0), (0.895, 1000.0), (0.815, 8.0), (0.79, 32.0)):
        head[ball((0, 0, 0), (40 * radius, 48 * radius, 38 * radius))] = intensity
    for side in (-1, 1):
        head[ball((7.0 * side, 0, 5), (3.5, 15, 5))] = 8
        head[ball((5.0 * side, 40, -8), (4, 3.5, 5))] = -1000
    head += np.random.default_rng(18).normal(0, 9, shape)
    return np.clip(head, -1024, 3071).round().astype(np.int16)


def _on_the_head(wiring: Wiring, id: str, values: dict[str, Any]) -> None:
    """Show what an operation would make of the sample head."""
    editor = wiring.editor
    wiring.files.open_sample("t1")
    wait(wiring, lambda: editor.document is not None)
    i, j, k = _document(wiring).geometry.shape
    editor.viewer.set_crosshair((round(0.52 * i), round(0.5 * j), round(0.42 * k)))
    wiring.operations.choose(id)
    wiring.operations.fields.set_values(values, {})
    wait(wiring, _counted(wiring))


def report(path: Path) -> None:
    """The page that tells all of the mask of the sample head, as a browser shows it."""
    import warnings

    import maskeditor
    from maskeditor.model.session import Session

    session = Session.sample("t1")
    image = maskeditor.Image(session.document.volume, session.header)
    mask = maskeditor.run(image, BRAIN)
    page = Path(_EMPTY.name) / "report.html"
    with warnings.catch_warnings(action="ignore"):  # they stand in the page
        maskeditor.report(image, mask, page)
    _browse(page, path)


def qc(path: Path) -> None:
    """The page on which the masks of twenty subjects are judged, three of them spoiled, as a browser shows it."""
    import warnings

    import maskeditor
    from maskeditor.model.cohort.folder import known_verdicts, outcomes_of
    from maskeditor.model.cohort.ledger import Ledger
    from maskeditor.model.cohort.qc import write_page
    from maskeditor.model.cohort.verdicts import Verdict

    study = Path(_EMPTY.name) / "study"
    make_cohort(study)
    out = study / "derivatives" / "masks"
    with warnings.catch_warnings(action="ignore"):  # of the one that cannot be read
        maskeditor.batch(["epi_mask opening=2"], str(study / "sub-*/func/*_bold.nii.gz"), out, name="brain")
    ledger = Ledger(out)
    outcomes = outcomes_of(ledger)
    judged = [one for one in outcomes if one.key[:6] in ("sub-05", "sub-07")]
    notes = ("cut short; ask for it again", "signal lost below the ventricles")
    verdicts = {one.key: Verdict("fail", note, one.fingerprint) for one, note in zip(judged, notes, strict=True)}
    page = write_page(ledger, outcomes, known_verdicts(ledger, outcomes) | verdicts)
    _browse(page, path)


def make_cohort(study: Path, count: int = 20) -> None:
    """Write series of the sample EPI with noise and brightness of their own as a dataset of BIDS; three are spoiled."""
    import json

    import numpy as np

    import maskeditor
    from maskeditor.model.sample import sample_volume

    sample = sample_volume("epi")
    study.mkdir()
    described = {"Name": "Sample cohort", "BIDSVersion": "1.10.0"}
    (study / "dataset_description.json").write_text(json.dumps(described))
    for number in range(1, count + 1):
        random = np.random.default_rng(number)
        data = sample.stored * (1 + 0.1 * random.standard_normal()) + random.normal(0, 20, sample.stored.shape)
        if number == 7:
            data[:, :, :20] *= 0.15  # signal lost below
        if number == 13:
            data[:32] *= 0.02  # and on one side
        file = study / f"sub-{number:02}" / "func" / f"sub-{number:02}_task-rest_bold.nii.gz"
        file.parent.mkdir(parents=True)
        image = maskeditor.Image.of(data.clip(0, 3000).astype(np.int16), sample.geometry.affine, file.name)
        maskeditor.save_image(image, file)
        if number == 5:
            file.write_bytes(file.read_bytes()[:30_000])


def _browse(page: Path, path: Path) -> None:
    """Draw a page into a PNG file."""
    from tests.browser import browser

    with tempfile.TemporaryDirectory() as folder, browser(Path(folder)) as shown:
        shown.open(page, *REPORT_SIZE)
        path.write_bytes(shown.picture())
    print(path)


def _document(wiring: Wiring) -> Document:
    document = wiring.editor.document
    assert document is not None
    return document


def _counted(wiring: Wiring) -> Callable[[], bool]:
    def holds() -> bool:
        state = wiring.editor.previews.state
        return state is not None and state.added is not None

    return holds


def compare(wiring: Wiring) -> None:
    """Two ROIs compared: the numbers, the pieces in which they differ, and both in the planes."""
    from maskeditor.core.operation.declaration import make
    from maskeditor.ui.data.compare import ComparePanel

    editor = wiring.editor
    wiring.files.open_sample("t1")
    wait(wiring, lambda: editor.document is not None)
    for name, lower in (("", TISSUE[0]), ("second rater", TISSUE[0] + 25)):
        if name:
            editor.add_roi(name)
        for id, values in (
            ("threshold", {"lower": lower, "upper": TISSUE[1]}),
            ("erosion", {"iterations": 2}),
            ("keep_largest", {}),
            ("dilation", {"iterations": 3}),
        ):
            editor.apply(make(id, values))
            wait(wiring, lambda: not editor.jobs.busy)
    wiring.actions["data_compare"].trigger()
    panel = wiring.window.docks["compare"].findChild(ComparePanel)
    assert panel is not None
    wait(wiring, lambda: panel.found is not None)
    panel.shown.setChecked(True)
    assert panel.found is not None
    editor.viewer.set_crosshair(panel.found.pieces[0].place)
    wait(wiring, lambda: not editor.jobs.busy)


def four(wiring: Wiring) -> None:
    """A brain in four cells: three planes and its surface."""
    from maskeditor.ui.views.cells import Layout

    _make_brain(wiring)
    wiring.window.views.choose(Layout.FOUR)
    wait(wiring, lambda: not wiring.editor.working)


def montage(wiring: Wiring) -> None:
    """The brain in sixteen slices."""
    from maskeditor.ui.views.cells import Layout

    _make_brain(wiring)
    wiring.window.views.choose(Layout.MONTAGE)
    wait(wiring, lambda: not any(tile.scaled.is_stale for tile in wiring.montage.view.tiles))


def main() -> None:
    """Make all pictures."""
    from PyQt6.QtCore import QSettings

    from maskeditor.ui.app import application
    from maskeditor.ui.look.theme import Theme, Themer
    from maskeditor.ui.main_window.window import MainWindow
    from maskeditor.ui.main_window.wiring import Wiring

    folder = Path(sys.argv[1]) if len(sys.argv) > 1 else ROOT / "resources" / "screenshots"
    folder.mkdir(parents=True, exist_ok=True)
    app = application()
    QSettings.setPath(QSettings.Format.NativeFormat, QSettings.Scope.UserScope, os.devnull)
    themer = app.findChild(Themer)
    assert themer is not None
    themer.choose(Theme.LIGHT)
    report(folder / "report.png")
    qc(folder / "qc.png")
    of_planes = (window, epi, t_map, otsu, percentiles, smoothed, tissues, joint, ct, statistics, signals, compare)
    # The layout is remembered from one to the next.
    for pose in (*of_planes, four, montage):
        shown = MainWindow()
        shown.resize(*SIZE)
        shown.show()
        app.processEvents()
        wiring = Wiring(shown)
        pose(wiring)
        path = folder / f"{pose.__name__}.png"
        if not shown.grab().save(str(path)):
            raise SystemExit(f"{path} could not be written; choose another folder.")
        print(path)
        wiring.close()


if __name__ == "__main__":
    main()
