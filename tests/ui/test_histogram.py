"""The histogram in the window, with mouse and keys: what is pending is drawn, dragged, found and said there."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import nibabel as nib
import numpy as np
import pytest
from numpy.typing import NDArray
from PyQt6 import sip
from PyQt6.QtCore import QCoreApplication, QEvent, QPointF, QRectF
from PyQt6.QtWidgets import QApplication, QMenu
from scipy.ndimage import gaussian_filter
from skimage.filters import threshold_multiotsu, threshold_otsu

from maskeditor.core.history import edits
from maskeditor.core.operation.declaration import make
from maskeditor.core.operation.parameters import Role
from maskeditor.core.operation.scope import EVERYWHERE
from maskeditor.core.space.geometry import Plane
from maskeditor.model.given import Given
from maskeditor.model.preferences import HISTOGRAM_PLACES
from maskeditor.model.view.pixels import LIT
from maskeditor.ops import percentiles
from maskeditor.ui.forms.smoothing_field import Entered, SmoothingField
from maskeditor.ui.histogram.drawing import Drawing, beside_mark, in_lines, words_over
from maskeditor.ui.histogram.panel import PICK, HistogramPanel
from maskeditor.ui.histogram.pictured import HINT
from maskeditor.ui.panels.operation_list import listed_operations
from maskeditor.ui.qt import sure
from tests.ui.conftest import Desk
from tests.ui.drivers import Driver, Position, wait_until

SHAPE = (22, 24, 20)


def head() -> NDArray[np.int16]:
    """Air of 0 to 20, a head of 200 to 300 with a core of 500 to 600, and a frame of 7 round it all."""
    random = np.random.default_rng(8)
    data = random.integers(0, 21, SHAPE)
    data[4:18, 4:20, 4:16] = random.integers(200, 301, (14, 16, 12))
    data[8:14, 9:15, 6:12] = random.integers(500, 601, (6, 6, 6))
    for axis in range(3):
        for end in (slice(None, 2), slice(-2, None)):
            np.moveaxis(data, axis, 0)[end] = 7
    return data.astype(np.int16)


@pytest.fixture
def opened(desk: Desk, tmp_path: Path) -> Desk:
    path = tmp_path / "head.nii.gz"
    nib.save(nib.Nifti1Image(head(), np.diag([2.0, 2.0, 3.0, 1.0])), path)
    desk.open(path)
    return desk


def choose(desk: Desk, id: str, **values: Any) -> HistogramPanel:
    """Choose an operation, set some of its fields, and wait until it is drawn."""
    desk.wiring.operations.choose(id)
    for name, value in values.items():
        set_field(desk, name, value)
    panel = desk.window.histogram
    wait_until(lambda: panel._counting.histogram is not None and not panel._counting.is_waiting, "the histogram")
    desk.wait()
    return panel


def set_field(desk: Desk, name: str, value: Any) -> None:
    form = desk.wiring.operations.fields.form
    assert form is not None
    form.fields[name].set_value(value)


def in_form(desk: Desk, name: str) -> Any:
    form = desk.wiring.operations.fields.form
    assert form is not None
    return form.fields[name].value()


def on_plot(panel: HistogramPanel, x: float, y: float) -> Position:
    """Return where pixels of the plot's area are in its viewport."""
    place = panel.plot.mapFromScene(panel.plot._area.mapToScene(QPointF(x, y)))
    return place.x(), place.y()


def at(panel: HistogramPanel, intensity: float, part: float = 0.4) -> Position:
    return on_plot(panel, panel.plot.to_pixel(intensity), part * panel.plot.area_height)


def drag(desk: Desk, driver: Driver, *places: Position) -> None:
    driver.drag(sure(desk.window.histogram.plot.viewport()), places)
    desk.wait()


def test_escape_puts_back_what_is_dragged_and_what_is_pending_stays(opened: Desk, driver: Driver) -> None:
    panel = choose(opened, "threshold", lower=300.0, upper=600.0)
    plot, window, view = panel.plot, opened.window.viewer.state.window, sure(panel.plot.viewport())
    brightest = on_plot(panel, plot.to_pixel(window[1]) - 3, plot.area_height - 4)
    for start in (at(panel, 600.0), at(panel, 450.0), brightest, at(panel, 100.0)):
        driver.move(view, start)
        driver.press()
        for right in (-12, -24):
            driver.move(view, (start[0] + right, start[1]))
        assert (plot.bounds, opened.window.viewer.state.window) != ((300.0, 600.0), window)
        driver.key("Esc")
        driver.move(view, (start[0] - 36, start[1]))
        driver.release()
        opened.wait()
        assert (plot.bounds, opened.window.viewer.state.window) == ((300.0, 600.0), window)
        assert (in_form(opened, "lower"), in_form(opened, "upper")) == (300.0, 600.0)
    driver.wheel(view, 3, at(panel, 450.0))
    zoom = plot.x_scale
    driver.press("right")
    driver.move(view, at(panel, 430.0))
    assert plot.x_scale != zoom
    driver.key("Esc")
    driver.release("right")
    assert plot.x_scale == pytest.approx(zoom)
    driver.key("Esc")
    assert opened.editor.pending.change is None


def test_escape_gives_up_a_range_that_is_being_drawn(opened: Desk, driver: Driver) -> None:
    panel = opened.window.histogram
    view = sure(panel.plot.viewport())
    driver.move(view, at(panel, 300.0))
    driver.press()
    driver.move(view, at(panel, 500.0))
    assert opened.editor.pending.change is not None
    driver.key("Esc")
    driver.move(view, at(panel, 600.0))
    driver.release()
    opened.wait()
    assert (panel.plot.bounds, opened.editor.pending.change, opened.editor.layers.preview) == (None, None, None)


@pytest.mark.parametrize("grip", ["ground", "window"])
def test_what_is_dragged_ends_where_another_image_opens(
    opened: Desk, driver: Driver, tmp_path: Path, grip: str
) -> None:
    nib.save(nib.Nifti1Image(3 * head(), np.eye(4)), tmp_path / "other.nii")
    panel, viewer = opened.window.histogram, opened.window.viewer
    brightest = on_plot(panel, panel.plot.to_pixel(viewer.state.window[1]) - 3, panel.plot.area_height - 4)
    view, start = sure(panel.plot.viewport()), brightest if grip == "window" else at(panel, 300.0)
    driver.move(view, start)
    driver.press()
    if grip == "window":
        driver.move(view, (start[0] - 12, start[1]))
    opened.wiring.begin(Given(tmp_path / "other.nii"))
    wait_until(lambda: opened.editor.session is not None and opened.editor.session.name == "other.nii")
    window = viewer.state.window
    if grip == "window":
        driver.key("Esc")
        opened.wait()
        driver.move(view, (start[0] - 36, start[1]))
    opened.wait()
    driver.release()
    opened.wait()
    assert (viewer.state.window, opened.editor.pending.change) == (window, None)


@pytest.mark.parametrize("grip", ["end", "inside", "limit"])
@pytest.mark.parametrize("key", ["Return", "Esc"])
def test_what_is_applied_within_its_drag_stays_so(opened: Desk, driver: Driver, grip: str, key: str) -> None:
    # (Without a range of its own, the limit is all there is.)
    chosen = {"end": "threshold", "inside": "threshold", "limit": "invert"}[grip]
    panel = choose(opened, chosen, **({"lower": 300.0, "upper": 600.0} if chosen == "threshold" else {}))
    view, (x, y) = sure(panel.plot.viewport()), at(panel, 600.0 if grip == "end" else 450.0)
    if grip == "limit":
        sure(opened.wiring.operations.fields.where).fields["lower"].set_value(100.0)
        x, y = on_plot(panel, panel.plot.in_pixels((100.0, None))[0], 4.0)
    driver.move(view, (x, y))
    driver.press()
    driver.move(view, (x - 12, y))
    driver.key("Return")
    opened.wait()
    steps, window = opened.document.timeline, opened.window.viewer.state.window
    assert [step.operation.id for step in steps] == [chosen]
    if key == "Esc":
        driver.key("Esc")
    driver.move(view, (x - 24, y))
    driver.release()
    opened.wait()
    assert (opened.document.timeline, opened.editor.pending.change) == (steps, None)
    assert (panel.plot.bounds, panel.plot.band, opened.window.viewer.state.window) == (None, None, window)


# Each operation draws itself ------------------------------------------------------------------------------------------


def test_shares_are_dragged_along_their_curve(opened: Desk, driver: Driver) -> None:
    panel = choose(opened, "epi_mask", opening=0)
    knobs = dict(panel.plot.knobs())
    across, down, shares = panel.plot.curve()
    lower = np.interp(0.2, shares, across), np.interp(0.2, shares, down)
    assert (knobs["low"].x(), knobs["low"].y()) == pytest.approx(lower)
    # Half of the way up to the other handle, which lies far to the right.
    goal = float(np.interp(0.4, shares, across)), float(np.interp(0.4, shares, down))
    with driver.holding("Alt"):
        drag(opened, driver, on_plot(panel, *lower), on_plot(panel, *goal))
    assert in_form(opened, "lower_cutoff") == pytest.approx(0.4, abs=0.02)
    assert in_form(opened, "upper_cutoff") == 0.85
    assert panel.ends.low.number() == in_form(opened, "lower_cutoff")
    assert opened.editor.pending.change is opened.wiring.operations


def test_each_step_of_a_hand_is_found_and_painted_once(
    opened: Desk, driver: Driver, monkeypatch: pytest.MonkeyPatch
) -> None:
    panel = choose(opened, "percentiles", lower=60.0)
    viewport, (across, down, shares) = sure(panel.plot.viewport()), panel.plot.curve()
    at_shares = [[float(np.interp(share, shares, line)) for line in (across, down)] for share in (0.6, 0.7, 0.8, 0.7)]
    way = [on_plot(panel, *place) for place in at_shares]
    driver.move(viewport, way[0])
    found: list[int] = []
    painted: list[int] = []

    def counted(calls: list[int], call: Callable[..., Any]) -> Callable[..., Any]:
        return lambda *args, **named: (calls.append(0), call(*args, **named))[1]

    monkeypatch.setattr(percentiles, "percentiles", counted(found, percentiles.percentiles))
    monkeypatch.setattr(Drawing, "paint", counted(painted, Drawing.paint))
    driver.press()
    driver.settle()
    painted.clear()
    with driver.holding("Alt"):
        for place in way[1:]:
            driver.move(viewport, place)
            driver.settle()
        # No bar is read as long as something else is held.
        assert panel.plot.reading is None
        assert len(found) == len(painted) == len(way) - 1
        opened.wait()
        assert len(found) == len(way) - 1  # the counts of the whole volume take what was found
        driver.release()


def test_the_gap_of_an_epi_mask_is_drawn_said_and_copied(opened: Desk, driver: Driver) -> None:
    panel = choose(opened, "epi_mask", opening=0, lower_cutoff=0.3, upper_cutoff=0.95)
    ordered = np.sort(head().ravel())
    low, high = (int(np.floor(part * ordered.size)) for part in (0.3, 0.95))
    place = low + int(np.diff(ordered[low : high + 1]).argmax())
    below, above = int(ordered[place]), int(ordered[place + 1])
    middle = (below + above) / 2
    assert panel.said.found.text() == f"threshold {middle:g}, widest gap {below}–{above}"
    assert [(one.value, one.end) for one in panel.plot.found] == [(middle, middle), (below, above)]
    driver.click(panel.said.found)
    assert sure(QApplication.clipboard()).text() == f"Threshold\t{middle}\nWidest gap\t{below}.0\t{above}.0"
    # The mask is cut just there.
    set_field(opened, "connected", False)
    panel.apply()
    opened.wait()
    assert np.array_equal(opened.mask(), head() >= middle)
    assert (panel.said.found.isVisible(), panel.plot.found) == (False, ())


def test_percentiles_say_their_intensities(opened: Desk, driver: Driver) -> None:
    panel = choose(opened, "percentiles", lower=60.0, upper=99.5)
    low, high = np.percentile(head(), [60.0, 99.5])
    assert panel.said.found.text() == f"60 % {low:.7g}, 99.5 % {high:.7g}"
    knobs = dict(panel.plot.knobs())
    across, down, shares = panel.plot.curve()
    goal = float(np.interp(0.9, shares, across)), float(np.interp(0.9, shares, down))
    drag(opened, driver, on_plot(panel, knobs["low"].x(), knobs["low"].y()), on_plot(panel, *goal))
    lower = in_form(opened, "lower")
    assert lower == pytest.approx(90, abs=1)
    low = np.percentile(head(), lower)
    assert panel.said.found.text() == f"{lower:g} % {low:.7g}, 99.5 % {high:.7g}"


def test_every_cut_of_otsu_is_drawn(opened: Desk) -> None:
    panel = choose(opened, "otsu", classes=3)
    assert [one.value for one in panel.plot.found] == threshold_multiotsu(head(), 3).tolist()
    assert panel.plot.bounds is None


def test_the_background_is_drawn(opened: Desk) -> None:
    panel = choose(opened, "background_mask")
    assert panel.said.found.text() == "background 7"


def test_the_range_of_a_growing_region_is_dragged(opened: Desk, driver: Driver) -> None:
    panel = choose(opened, "region_grow", lower=450.0, upper=650.0)
    seed = in_form(opened, "seed")
    assert panel.said.found.text() == f"seed {head()[seed]}"
    assert panel.plot.bounds == (450.0, 650.0)
    half = panel.plot.bin_width / 2
    with driver.holding("Alt"):
        drag(opened, driver, at(panel, 450.0 - half), at(panel, 150.0))
    lower = in_form(opened, "lower")
    assert lower == pytest.approx(150, abs=2 / panel.plot.x_scale[1])
    assert in_form(opened, "seed") == seed
    panel.apply()
    opened.wait()
    data = head()
    assert np.array_equal(opened.mask(), (data >= lower) & (data <= 650))


def test_a_limit_of_intensities_is_dragged(opened: Desk, driver: Driver) -> None:
    opened.editor.apply_now(make("threshold", {"lower": 200}))
    panel = choose(opened, "invert")
    where = opened.wiring.operations.fields.where
    assert where is not None
    assert panel.plot.band is None
    where.fields["lower"].set_value(100.0)
    assert panel.plot.band == (100.0, None)
    drag(
        opened,
        driver,
        on_plot(panel, panel.plot.in_pixels((100.0, None))[0], 4.0),
        on_plot(panel, panel.plot.to_pixel(400.0), 4.0),
    )
    lower = where.fields["lower"].value()
    assert lower == pytest.approx(400, abs=8 / panel.plot.x_scale[1])
    opened.wiring.operations.apply()
    opened.wait()
    data = head()
    assert np.array_equal(opened.mask(), (data >= 200) & (data < lower))


def test_the_range_of_the_brush_is_dragged(opened: Desk, driver: Driver) -> None:
    panel, brush = opened.window.histogram, opened.wiring.toolbox.brush
    brush.change(lower=200.0, upper=300.0)
    assert panel.plot.band == (200.0, 300.0)
    end = panel.plot.in_pixels((200.0, 300.0))[1]
    with driver.holding("Alt"):
        drag(opened, driver, on_plot(panel, end, 4.0), on_plot(panel, panel.plot.to_pixel(550.0), 4.0))
    assert brush.settings.lower == 200.0
    assert brush.settings.upper == pytest.approx(550, abs=2 / panel.plot.x_scale[1])
    assert not panel.plot.picture().is_turned
    brush.change(side="outside")
    assert panel.plot.picture().is_turned
    # A limit of what is pending goes before it, and is not turned.
    choose(opened, "invert")
    assert panel.plot.band == (200.0, brush.settings.upper)
    where = opened.wiring.operations.fields.where
    assert where is not None
    where.fields["upper"].set_value(50.0)
    assert (panel.plot.band, panel.plot.picture().is_turned) == ((None, 50.0), False)
    driver.key("Esc")
    assert panel.plot.band == (200.0, brush.settings.upper)
    brush.change(lower=None, upper=None)
    assert panel.plot.band is None


def test_the_ends_go_by_bars_with_the_arrow_keys(opened: Desk, driver: Driver) -> None:
    panel = choose(opened, "threshold", lower=200.0, upper=400.0)
    panel.plot.setFocus()
    one = panel.plot.bin_width
    driver.key("Right")
    assert panel.plot.bounds == (200.0 + one, 400.0)
    driver.key("Up")
    driver.key("Shift+Left")
    assert panel.plot.bounds == (200.0 + one, 400.0 - 10 * one)
    assert in_form(opened, "upper") == 400.0 - 10 * one


def test_the_newest_values_are_found_last(opened: Desk) -> None:
    """While something is found, values go on changing; what is shown in the end is of the last ones."""
    panel = choose(opened, "percentiles")
    for lower in (10.0, 20.0, 30.0, 40.0):
        set_field(opened, "lower", lower)
    opened.wait()
    assert panel.said.found.text().startswith(f"40 % {np.percentile(head(), 40):.7g}, ")


# Of what the operation sees -------------------------------------------------------------------------------------------


def smooth_by(desk: Desk, driver: Driver, text: str, entered: Entered) -> None:
    """Open the field of the smoothing, choose what is entered, and type it."""
    sources = desk.window.histogram.sources
    field = sources._field
    assert field is not None
    field.unit.setCurrentIndex(field.unit.findData(entered))
    field.number.setValue(float(text))
    counted_anew(desk)


def counted_anew(desk: Desk) -> None:
    panel = desk.window.histogram
    wait_until(lambda: panel._counting.histogram is not None and not panel._counting.is_waiting, "the histogram")
    desk.wait()


def counts_between(panel: HistogramPanel, low: float, high: float) -> int:
    assert panel.plot.histogram is not None
    return panel.plot.histogram.between(low, high)


def test_a_smoothed_image_is_counted_and_its_range_chosen(opened: Desk, driver: Driver) -> None:
    """The grey-matter walk: smooth by a sigma in voxels, look, choose the range; the mask is scipy's."""
    panel = opened.window.histogram
    smooth_by(opened, driver, "2", Entered.VOXELS)
    assert panel.sources.smoothing.text() == "Smooth 2 voxels σ"
    wanted = gaussian_filter(head().astype(np.float32), 2)
    assert panel.plot.histogram is not None
    assert panel.plot.histogram.minimum == wanted.min()
    assert panel.plot.histogram.maximum == wanted.max()
    assert opened.editor.pending.change is None
    with driver.holding("Alt"):
        drag(opened, driver, at(panel, 120.0), at(panel, 200.0), at(panel, 260.0))
    low, high = panel.plot.bounds or (None, None)
    assert None not in (low, high)
    panel.ends.high.setFocus()
    driver.key("Return")
    opened.wait()
    assert np.array_equal(opened.mask(), (wanted >= low) & (wanted <= high))
    assert opened.document.timeline[-1].operation.summary().endswith("smoothed 9.41928 × 9.41928 × 14.1289 mm")


@pytest.mark.parametrize("entered", list(Entered))
def test_no_more_smoothing_is_entered_than_is_allowed(opened: Desk, driver: Driver, entered: Entered) -> None:
    panel = opened.window.histogram
    smooth_by(opened, driver, "500", entered)
    wanted = opened.wiring.window.histogram._hand
    assert wanted is not None
    source = wanted.source()  # which refuses what is not allowed
    assert source is not None
    widest = max(source.fwhm) if isinstance(source.fwhm, tuple) else source.fwhm
    assert 99.9 < widest <= 100
    assert panel.plot.histogram is not None


def test_no_smoothing_is_shown_as_0(opened: Desk) -> None:
    field = opened.window.histogram.sources._field
    assert field is not None
    assert field.number.text() == "0"


@pytest.mark.parametrize(
    ("entered", "text", "fwhm"),
    [(Entered.FWHM, "6", 6.0), (Entered.SIGMA, "2", 2 * 2.3548200450309493)],
)
def test_smoothing_is_entered_in_mm(opened: Desk, driver: Driver, entered: Entered, text: str, fwhm: float) -> None:
    panel = choose(opened, "threshold", lower=100.0)
    smooth_by(opened, driver, text, entered)
    assert in_form(opened, "fwhm") == pytest.approx(fwhm, rel=1e-12)
    sigma = fwhm / 2.3548200450309493 / np.array([2.0, 2.0, 3.0])
    assert panel.plot.histogram is not None
    assert panel.plot.histogram.maximum == pytest.approx(gaussian_filter(head().astype(np.float32), sigma).max())
    # And back: what the form sets is shown here.
    form = opened.wiring.operations.fields.form
    assert form is not None
    field = form.fields["fwhm"]
    assert isinstance(field, SmoothingField)
    field.number.setValue(0.0)
    assert panel.sources.smoothing.text() == "Smooth"


def test_another_unit_keeps_the_number_where_none_stands_for_the_same(opened: Desk, driver: Driver) -> None:
    smooth_by(opened, driver, "2", Entered.VOXELS)
    field = opened.window.histogram.sources._field
    assert field is not None
    field.unit.setCurrentIndex(field.unit.findData(Entered.FWHM))
    assert (field.number.number(), field.value()) == (2.0, 2.0)
    # As wide as before, where a number stands for it.
    field.unit.setCurrentIndex(field.unit.findData(Entered.SIGMA))
    assert field.number.number() == pytest.approx(2 / 2.3548200450309493)
    assert field.value() == 2.0


def test_the_planes_show_the_smoothed_image(opened: Desk, driver: Driver) -> None:
    viewer, sources = opened.window.viewer, opened.window.histogram.sources
    smooth_by(opened, driver, "1", Entered.VOXELS)
    assert viewer.preview is None
    sources.show_smoothed.setChecked(True)
    wait_until(lambda: viewer.preview is not None, "the smoothed image")
    assert viewer.preview is not None
    display, image = viewer.preview
    assert np.array_equal(image.volume.stored, gaussian_filter(head().astype(np.float32), 1))
    assert (display.window, display.opacity) == (viewer.state.window, 1.0)
    viewer.set_window(10, 500)
    assert viewer.preview[0].window == (10.0, 500.0)
    sources.show_smoothed.setChecked(False)
    assert viewer.preview is None


def test_the_histogram_of_a_part(opened: Desk) -> None:
    panel, data = opened.window.histogram, head()
    opened.editor.apply_now(make("threshold", {"lower": 400}))
    part = panel.sources.part
    part.setCurrentIndex(part.findData("mask"))
    counted_anew(opened)
    assert counts_between(panel, 0, 1000) == np.count_nonzero(data >= 400)
    assert panel.plot.bars is not None
    assert panel.plot.bars.around is not None
    assert panel.plot.bars.around.sum() == data.size
    choose(opened, "invert")
    where = opened.wiring.operations.fields.where
    assert where is not None
    where.fields["axis"].set_value(2)
    where.fields["last"].set_value(9)
    part.setCurrentIndex(part.findData("limit"))
    counted_anew(opened)
    assert counts_between(panel, 200, 300) == np.count_nonzero((data[:, :, :10] >= 200) & (data[:, :, :10] <= 300))
    # Shares are always of the whole image, as the operation sees it.
    choose(opened, "percentiles")
    assert panel.plot.bars.around is None
    assert counts_between(panel, 0, 1000) == data.size


def test_the_histogram_of_a_further_image(opened: Desk) -> None:
    panel = opened.window.histogram
    assert not panel.sources.image.isVisible()
    opened.editor.apply_now(make("smooth", {"name": "soft", "fwhm": 6.0}))
    opened.wait()
    image = panel.sources.image
    assert image.isVisible()
    image.setCurrentIndex(image.findData("soft"))
    counted_anew(opened)
    wanted = gaussian_filter(head().astype(np.float32), 6 / 2.3548200450309493 / np.array([2.0, 2.0, 3.0]))
    assert panel.plot.histogram is not None
    assert panel.plot.histogram.maximum == pytest.approx(float(wanted.max()))
    panel.ends.low.setValue(250.0)
    assert in_form(opened, "image") == "soft"
    panel.apply()
    opened.wait()
    assert np.array_equal(opened.mask(), wanted >= 250)


def test_forms_and_histogram_open_on_the_image_that_is_chosen(opened: Desk, driver: Driver) -> None:
    panel, viewer = opened.window.histogram, opened.editor.viewer
    opened.editor.apply_now(make("smooth", {"name": "soft", "fwhm": 6.0}))
    opened.wait()
    # What is not made yet is not made for the histogram.
    assert (viewer.state.chosen_image, viewer.looked_at) == ("soft", "")
    opened.editor.displays.show_made("soft", None)
    opened.wait()
    # What is drawn on the histogram with nothing pending is of that image, and so are the handles of the window.
    counted_anew(opened)
    display = viewer.display("soft")
    assert display is not None
    assert (panel.sources.image.currentData(), panel.plot.window_range) == ("soft", display.window)
    panel.ends.low.setValue(250.0)
    assert in_form(opened, "image") == "soft"
    driver.key("Esc")
    for id in ("otsu", "percentiles", "epi_mask", "threshold", "region_grow"):
        panel = choose(opened, id)
        assert in_form(opened, "image") == "soft"
        assert panel.sources.image.currentData() == "soft"
        driver.key("Esc")
    assert opened.editor.pending.change is None
    # And of the open image, once that is chosen again; its range was never set.
    viewer.change(chosen_image="")
    assert (panel.sources.image.currentData(), panel.plot.window_range) == ("", viewer.state.window)
    choose(opened, "threshold")
    assert (in_form(opened, "image"), in_form(opened, "lower") == 250.0) == ("", False)
    # Of what was set for the other one, nothing is lost.
    driver.key("Esc")
    viewer.change(chosen_image="soft")
    choose(opened, "invert")
    choose(opened, "threshold")
    assert (in_form(opened, "image"), in_form(opened, "lower")) == ("soft", 250.0)


def test_a_form_that_compares_no_intensities_names_no_image_that_is_not_counted(opened: Desk) -> None:
    """As one of labels, or one that smooths an image: what is counted stays, and so do its name and window."""
    panel, viewer = opened.window.histogram, opened.editor.viewer
    opened.editor.apply_now(make("smooth", {"name": "soft", "fwhm": 6.0}))
    opened.wait()
    opened.editor.displays.show_made("soft", None)
    opened.wait()
    viewer.change(chosen_image="")
    for id in ("smooth", "from_labels"):
        choose(opened, id)
        change = opened.editor.pending.change
        assert change is not None
        change.fields.set_values({"image": "soft"}, {})
        counted_anew(opened)
        assert panel.plot.histogram is not None
        assert panel.plot.histogram.maximum == head().max()
        assert (panel.sources.image.currentData(), panel.plot.window_range) == ("", viewer.state.window)
    # Nor does what is counted set it.
    panel.sources.image.setCurrentIndex(0)
    assert in_form(opened, "image") == "soft"


def test_an_image_that_is_made_otherwise_is_counted_found_and_shown_anew(opened: Desk) -> None:
    def soft(fwhm: float) -> NDArray[np.float32]:
        sigma = fwhm / 2.3548200450309493 / np.array([2.0, 2.0, 3.0])
        return np.asarray(gaussian_filter(head().astype(np.float32), sigma), np.float32)

    viewer = opened.window.viewer
    opened.editor.apply_now(make("smooth", {"name": "soft", "fwhm": 6.0}))
    panel = choose(opened, "otsu", image="soft", fwhm=2.0)
    panel.sources.show_smoothed.setChecked(True)
    wait_until(lambda: viewer.preview is not None, "the smoothed image")
    opened.wait()
    edited = edits.edit(opened.document.present, 0, make("smooth", {"name": "soft", "fwhm": 14.0}), EVERYWHERE)
    opened.editor.rewrite(edited)
    opened.wait()
    counted_anew(opened)
    twice = gaussian_filter(soft(14.0), 2 / 2.3548200450309493 / np.array([2.0, 2.0, 3.0]))
    assert panel.plot.histogram is not None
    assert panel.plot.histogram.maximum == pytest.approx(float(twice.max()))
    assert viewer.preview is not None
    assert viewer.preview[1].volume.stored == pytest.approx(twice, rel=1e-5)
    assert [one.value for one in panel.plot.found] == pytest.approx([threshold_otsu(twice)], rel=1e-5)


# As an instrument -----------------------------------------------------------------------------------------------------


def point(desk: Desk, driver: Driver, intensity: float, part: float = 0.4) -> None:
    panel = desk.window.histogram
    driver.move(sure(panel.plot.viewport()), at(panel, intensity, part))
    driver.settle()


def test_a_bar_is_read_and_its_voxels_are_lit(opened: Desk, driver: Driver) -> None:
    panel, data = opened.window.histogram, head()
    point(opened, driver, 250.0)
    reading = panel.plot.reading
    assert reading is not None
    inside = (data >= reading.lower) & (data <= reading.upper)
    assert reading.voxels == np.count_nonzero(inside) > 0
    assert reading.below == pytest.approx(np.count_nonzero(data < reading.lower) / data.size)
    assert reading.above == pytest.approx(np.count_nonzero(data > reading.upper) / data.size)
    lit = opened.editor.layers.lit
    assert lit is not None
    for axis, index in ((0, 9), (1, 11), (2, 9)):
        wanted = inside.take(index, axis)
        assert np.array_equal(lit.slice(axis, index), wanted)
        states = opened.editor.layers.states(axis, index)
        assert states is not None
        assert np.array_equal(states == LIT, wanted)
    # Nothing of it is a change.
    assert opened.editor.pending.change is None
    driver.move(panel.change.selected, (2.0, 2.0))
    driver.settle()
    assert (panel.plot.reading, opened.editor.layers.lit) == (None, None)


def test_the_pointer_in_a_plane_marks_its_intensity(opened: Desk, driver: Driver) -> None:
    panel = opened.window.histogram
    canvas = opened.window.views.views[Plane.AXIAL].canvas
    assert canvas.map is not None
    for voxel in ((10, 12, 10), (5, 6, 10)):
        driver.move(canvas, canvas.camera.to_pixels(*canvas.map.to_screen(voxel)))
        opened.wait()
        assert panel.plot.mark == head()[voxel]
    # Of the smoothed image, once it is seen.
    smooth_by(opened, driver, "1", Entered.VOXELS)
    assert panel.plot.mark != gaussian_filter(head().astype(np.float32), 1)[5, 6, 10]
    panel.sources.show_smoothed.setChecked(True)
    wait_until(lambda: opened.window.viewer.preview is not None, "the smoothed image")
    driver.move(canvas, canvas.camera.to_pixels(*canvas.map.to_screen((10, 12, 10))))
    driver.move(canvas, canvas.camera.to_pixels(*canvas.map.to_screen((5, 6, 10))))
    opened.wait()
    assert panel.plot.mark == pytest.approx(float(gaussian_filter(head().astype(np.float32), 1)[5, 6, 10]))


@pytest.mark.parametrize("tool", ["navigate", "window"])
def test_a_rectangle_is_for_contrast_or_for_the_histogram(opened: Desk, driver: Driver, tool: str) -> None:
    opened.wiring.toolbox.choose(tool)
    panel, viewer, data = opened.window.histogram, opened.window.viewer, head()
    canvas = opened.window.views.views[Plane.AXIAL].canvas
    assert canvas.map is not None
    before = viewer.state.crosshair
    places = [canvas.camera.to_pixels(*canvas.map.to_screen(voxel)) for voxel in ((8, 9, 10), (13, 14, 10))]
    with driver.holding("Ctrl"):
        driver.drag(canvas, places)
    assert viewer.state.crosshair == before
    inside = data[8:14, 9:15, 10]
    assert viewer.state.window == tuple(np.percentile(inside, (0.5, 99.5)))
    assert (panel.sources.part.currentData(), viewer.state.region) == ("", None)
    # Counted where one is picked: then the window stays as it is.
    viewer.set_window(0, 300)
    panel.sources.part.setCurrentIndex(panel.sources.part.findData("drawn"))
    assert panel.plot.hint == PICK
    with driver.holding("Ctrl"):
        driver.drag(canvas, places)
    counted_anew(opened)
    assert (viewer.state.window, panel.plot.hint) == ((0, 300), HINT)
    corners = [
        QPointF(*canvas.camera.to_pixels(*canvas.map.to_screen(at))) for at in ((7.5, 8.5, 10), (13.5, 14.5, 10))
    ]
    assert canvas.region.path.boundingRect() == QRectF(*corners).normalized()
    viewer.step(Plane.AXIAL, 1)
    assert canvas.region.path.isEmpty()
    viewer.step(Plane.AXIAL, -1)
    assert not canvas.region.path.isEmpty()
    assert counts_between(panel, 0, 1000) == inside.size
    assert counts_between(panel, 500, 550) == np.count_nonzero(inside <= 550)
    assert panel.plot.bars is not None
    assert panel.plot.bars.around is not None
    choose(opened, "threshold", lower=550.0)
    assert panel.change.selected.text().startswith(f"{np.count_nonzero(inside >= 550)} voxels in the region, ")
    panel.sources.part.setCurrentIndex(0)
    counted_anew(opened)
    assert counts_between(panel, 0, 1000) == data.size
    assert canvas.region.path.isEmpty()
    assert viewer.state.region is None


@pytest.fixture
def padded(desk: Desk, tmp_path: Path) -> Desk:
    """A head in padding of −2000, which reaches far into the volume, with one voxel of a billion."""
    data = head().astype(np.float32)
    data[:, :, 12:] = -2000
    data[5, 5, 5] = 1e9
    data[6, 6, 6] = np.nan
    path = tmp_path / "padded.nii.gz"
    nib.save(nib.Nifti1Image(data, np.eye(4)), path)
    desk.open(path)
    return desk


def test_padding_that_an_operation_cannot_leave_out_is_said(padded: Desk, driver: Driver) -> None:
    panel, said = choose(padded, "percentiles"), list[str]()
    padded.editor.pending.message.connect(said.append)
    driver.click(sure(panel.plot.viewport()), on_plot(panel, panel.plot.to_pixel(-2000.0), 6.0))
    assert said == ["Percentiles can leave out zeros alone, so -2000 is counted."]
    assert panel._hand is not None
    assert panel._hand.left_out == ()


def test_units_of_ct_are_offered_where_intensities_may_be_such(opened: Desk, tmp_path: Path) -> None:
    menu = sure(opened.window.histogram.more.menu())
    (ranges,) = (action for action in menu.actions() if action.text() == "Range in HU (CT)")
    assert not ranges.isVisible()
    path = tmp_path / "ct.nii"
    nib.save(nib.Nifti1Image(head() - np.int16(1000), np.eye(4)), path)
    opened.open(path)
    assert ranges.isVisible()


def test_padding_is_left_out_by_a_click(padded: Desk, driver: Driver) -> None:
    panel = padded.window.histogram
    histogram = panel.plot.histogram
    assert histogram is not None
    # One voxel of a billion does not squash the rest.
    assert histogram.bins.stop < 20000
    assert histogram.padding == -2000
    assert panel.said.not_numbers.text() == "1 voxel is no number"
    driver.click(sure(panel.plot.viewport()), on_plot(panel, panel.plot.to_pixel(-2000.0), 6.0))
    counted_anew(padded)
    assert panel.said.left_out.text() == "without -2000"
    data = head()[:, :, :12]
    assert counts_between(panel, -5000, 5000) == data.size - 2
    assert panel.plot.histogram is not None
    assert panel.plot.histogram.minimum == 0
    driver.click(panel.said.left_out)
    counted_anew(padded)
    assert counts_between(panel, -5000, 5000) == head().size - 2


def test_zeros_are_left_out_by_the_operation_that_can(desk: Desk, driver: Driver, tmp_path: Path) -> None:
    data = head() + 30
    data[:, :, 10:] = 0
    path = tmp_path / "zeros.nii.gz"
    nib.save(nib.Nifti1Image(data.astype(np.int16), np.eye(4)), path)
    desk.open(path)
    panel = choose(desk, "percentiles", lower=50.0, upper=100.0)
    driver.click(sure(panel.plot.viewport()), on_plot(panel, panel.plot.to_pixel(0.0), 6.0))
    counted_anew(desk)
    assert in_form(desk, "exclude_zeros") is True
    assert panel.said.found.text().startswith(f"50 % {np.percentile(data[data != 0], 50):.7g}, ")
    assert counts_between(panel, 0, 1000) == np.count_nonzero(data)
    driver.click(panel.said.left_out)
    counted_anew(desk)
    assert in_form(desk, "exclude_zeros") is False


@pytest.mark.parametrize(("name", "lower", "upper"), [("Bone: 300 to …", 300, None), ("Fat: -150 to -50", -150, -50)])
def test_a_range_in_hounsfield_units_is_chosen(
    desk: Desk, tmp_path: Path, name: str, lower: float | None, upper: float | None
) -> None:
    data = np.random.default_rng(4).integers(-1024, 1500, SHAPE).astype(np.int16)
    path = tmp_path / "ct.nii.gz"
    nib.save(nib.Nifti1Image(data, np.eye(4)), path)
    desk.open(path)
    panel = desk.window.histogram
    (ranges,) = (menu for menu in panel.more.findChildren(QMenu) if menu.title().startswith("Range in HU"))
    (action,) = (action for action in ranges.actions() if action.text() == name)
    action.trigger()
    assert panel.plot.bounds == (lower, upper)
    panel.apply()
    desk.wait()
    wanted = (data >= (lower if lower is not None else -np.inf)) & (data <= (upper if upper is not None else np.inf))
    assert np.array_equal(desk.mask(), wanted)


def test_window_and_level_are_fields_with_presets(opened: Desk) -> None:
    panel, viewer = opened.window.histogram, opened.window.viewer
    page, first = panel.more.window_page, viewer.state.window
    assert page is not None
    page.level.setValue(300.0)
    page.width_field.setValue(200.0)
    assert viewer.state.window == (200.0, 400.0)
    page.presets.activated.emit(page.presets.findText("Bone (400, 1800)"))
    assert viewer.state.window == (-500.0, 1300.0)
    assert (page.level.value(), page.width_field.value()) == (400.0, 1800.0)
    page.whole.click()
    assert viewer.state.window == (0.0, 599.0) == (float(head().min()), float(head().max()))
    page.automatic.click()
    assert viewer.state.window == first


@pytest.mark.parametrize("bins", [50, 7])
def test_bins_are_read_and_copied(opened: Desk, driver: Driver, bins: int) -> None:
    panel = opened.window.histogram
    smooth_by(opened, driver, "1", Entered.VOXELS)
    panel.more.bins_asked.emit()
    dialog = panel.bins
    assert dialog is not None
    dialog.number.setValue(bins)
    wait_until(lambda: dialog.copy_button.isEnabled() and dialog.table.rowCount() == bins, "the bins")
    counts, edges = np.histogram(gaussian_filter(head().astype(np.float32), 1), bins)
    dialog.copy_button.click()
    first, *rows = sure(QApplication.clipboard()).text().split("\n")
    assert first == "from\tto\tvoxels"
    assert dialog.state.text().startswith("Copied ")
    copied = np.array([[float(part) for part in row.split("\t")] for row in rows])
    assert np.array_equal(copied[:, 2], counts)
    assert np.array_equal(copied[:, 0], edges[:-1])
    assert np.array_equal(copied[:, 1], edges[1:])
    dialog.close()


def test_edges_of_bins_are_shown_without_what_arithmetic_leaves_behind_them(desk: Desk, tmp_path: Path) -> None:
    data = np.zeros(SHAPE, np.int16)
    data[4:9] = 618
    nib.save(nib.Nifti1Image(data, np.eye(4)), tmp_path / "two.nii")
    desk.open(tmp_path / "two.nii")
    desk.window.histogram.more.bins_asked.emit()
    dialog = desk.window.histogram.bins
    assert dialog is not None
    dialog.number.setValue(10)
    wait_until(lambda: dialog.copy_button.isEnabled() and dialog.table.rowCount() == 10, "the bins")
    shown = [[sure(dialog.table.item(row, column)).text() for row in range(10)] for column in (0, 1)]
    edges = ["0", "61.8", "123.6", "185.4", "247.2", "309", "370.8", "432.6", "494.4", "556.2", "618"]
    assert shown == [edges[:-1], edges[1:]]
    # What is copied is as numpy has it.
    dialog.copy_button.click()
    third = repr(np.histogram(data, 10)[1][3].item())
    assert (third, f"\t{third}\t" in sure(QApplication.clipboard()).text()) == ("185.39999999999998", True)
    dialog.close()


@pytest.mark.parametrize(
    ("values", "sentence"),
    [
        ((np.nan, np.inf), "The image holds no number to count; choose another image or volume."),
        (
            (1e30, np.nextafter(np.float32(1e30), np.float32(np.inf))),
            "The intensities lie too close together, or too far apart, for 50 bins; choose fewer, or another image.",
        ),
    ],
)
def test_bins_that_cannot_be_counted_say_why(
    desk: Desk, tmp_path: Path, values: tuple[float, float], sentence: str
) -> None:
    data = np.full(SHAPE, values[0], np.float32)
    data[4:9] = values[1]
    path = tmp_path / "few.nii"
    nib.save(nib.Nifti1Image(data, np.eye(4)), path)
    desk.open(path)
    desk.window.histogram.more.bins_asked.emit()
    dialog = desk.window.histogram.bins
    assert dialog is not None
    wait_until(lambda: dialog.state.text() == sentence, "the reason")
    assert not dialog.copy_button.isEnabled()
    assert dialog.table.rowCount() == 0
    dialog.close()


def test_bins_that_come_after_their_window_was_closed_are_shown_nowhere(opened: Desk) -> None:
    panel = opened.window.histogram
    panel.more.bins_asked.emit()
    dialog = panel.bins
    assert dialog is not None
    dialog.close()
    QCoreApplication.sendPostedEvents(None, QEvent.Type.DeferredDelete)
    assert sip.isdeleted(dialog)
    opened.wait()


def test_a_count_that_takes_long_says_how_far_it_is(opened: Desk) -> None:
    panel, lanes = opened.window.histogram, opened.editor.image_lanes
    lanes.counting.emit(0.4)
    # The count that is shown is the one that was asked for.
    assert panel.plot.picture().hint == HINT
    panel._counting.histogram = None
    lanes.counting.emit(0.4)
    assert panel.plot.picture().hint == "Counting … 40 %"


# Its place ------------------------------------------------------------------------------------------------------------


def test_nobody_is_invited_to_choose_a_range_over_what_an_operation_has_drawn(opened: Desk) -> None:
    plot = opened.window.histogram.plot
    assert words_over(plot.picture()) == HINT
    for id in ("otsu", "threshold"):
        choose(opened, id)
        opened.wait()
        assert plot.picture().found or plot.picture().range, id
        assert words_over(plot.picture()) == "", id


def choose_place(desk: Desk, place: str) -> None:
    (places,) = (menu for menu in desk.window.histogram.more.findChildren(QMenu) if menu.title() == "Place")
    (action,) = (action for action in places.actions() if action.text() == place)
    action.trigger()
    desk.wait()


@pytest.mark.parametrize("place", HISTOGRAM_PLACES)
def test_the_histogram_stands_where_it_is_put(opened: Desk, place: str) -> None:
    window, panel = opened.window, opened.window.histogram
    choose_place(opened, place)
    dock = opened.wiring.histogram_room.dock
    assert panel.isVisible()
    if place == HISTOGRAM_PLACES[0]:
        assert window.views.isAncestorOf(panel)
        assert dock is None
    else:
        assert dock is not None
        assert dock.isAncestorOf(panel)
        assert dock.isFloating() == (place == HISTOGRAM_PLACES[3])
    # It works there, and comes back whole.
    panel.ends.low.setValue(400.0)
    panel.apply()
    opened.wait()
    assert np.array_equal(opened.mask(), head() >= 400)
    choose_place(opened, HISTOGRAM_PLACES[0])
    assert window.views.isAncestorOf(panel)
    assert opened.wiring.histogram_room.dock is None


@pytest.mark.parametrize("maximised", [False, True])
def test_it_keeps_a_usable_height_on_a_small_screen(opened: Desk, maximised: bool) -> None:
    opened.window.resize(1366, 768)
    if maximised:
        opened.window.views.toggle_maximised(Plane.CORONAL)
    choose(opened, "epi_mask")
    panel = opened.window.histogram
    assert panel.isVisible()
    assert panel.plot.area_height >= 100
    assert opened.window.height() == 768


def test_words_over_narrow_bars_take_as_many_lines_as_they_need(opened: Desk) -> None:
    metrics = opened.window.histogram.plot.fontMetrics()
    line, half = metrics.lineSpacing(), metrics.horizontalAdvance(HINT) * 0.6
    assert in_lines(HINT, metrics, QRectF(0, 0, 2 * half, 5 * line)) == [HINT]
    lines = in_lines(HINT, metrics, QRectF(0, 0, half, 5 * line))
    assert len(lines) == 2
    assert " ".join(lines) == HINT
    assert max(map(metrics.horizontalAdvance, lines)) <= half
    # Without height for another line, or with a word that is wider than the room, the end is left out.
    (one,) = in_lines(HINT, metrics, QRectF(0, 0, half, 1.5 * line))
    assert one.endswith("…")
    assert all(line.endswith("…") for line in in_lines("intensities intensities", metrics, QRectF(0, 0, 40, 5 * line)))


def test_words_leave_the_mark_of_the_padding_free() -> None:
    room = QRectF(0, 0, 300, 200)
    assert beside_mark(room, 100, None) == room
    assert beside_mark(room, 100, 50) == room  # far from words at the right end
    assert beside_mark(room, 100, 280) == QRectF(0, 0, 271, 200)
    assert beside_mark(room, 290, 20) == QRectF(29, 0, 271, 200)


def test_the_wheel_over_an_axis_zooms_about_the_pointer(opened: Desk, driver: Driver) -> None:
    plot = opened.window.histogram.plot
    below, beside = (
        on_plot(opened.window.histogram, 0.5, plot.area_height + 8),
        on_plot(opened.window.histogram, -8, 20),
    )
    first = plot.to_value(1.0) - plot.to_value(0.0)
    driver.wheel(sure(plot.viewport()), 2, below)
    second = plot.to_value(1.0) - plot.to_value(0.0)
    driver.wheel(sure(plot.viewport()), 2, beside)
    assert first > second > plot.to_value(1.0) - plot.to_value(0.0)


def test_bars_are_lit_whatever_form_is_open(opened: Desk, driver: Driver) -> None:
    panel, layers = opened.window.histogram, opened.editor.layers
    viewport = sure(panel.plot.viewport())
    reading = [cls for cls in listed_operations() if any(one.role is Role.IMAGE for one in cls.parameters())]
    # Some need a further image, which is not there to be chosen.
    assert {"from_labels", "threshold"} <= {cls.id for cls in reading}
    for cls in reading:
        opened.wiring.operations.choose(cls.id)
        for intensity in (60.0, 120.0):
            driver.move(viewport, at(panel, intensity))
        assert layers.lit is not None, cls.id
        layers.lit = None


def test_the_first_count_of_an_image_waits_for_no_hand(
    desk: Desk, slanted: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("maskeditor.ui.histogram.counting.RECOUNTED", 10**8)  # ms: for ever
    for path in (slanted, None):  # another image begins anew
        desk.open(path)
        assert desk.window.histogram.plot.bars is not None
        assert not desk.window.histogram._counting.is_waiting
    desk.editor.apply_now(make("threshold", {"lower": 250}))
    desk.wait()
    assert desk.window.histogram._counting.is_waiting
