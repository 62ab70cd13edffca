"""Previews of derived images: what is looked at is what would be made, and of it no more than is seen."""

from __future__ import annotations

import math

import numpy as np
import pytest

from maskeditor.core.history import edits
from maskeditor.core.history.document import Document
from maskeditor.core.operation.declaration import from_text
from maskeditor.core.operation.image_operation import ImageOperation
from maskeditor.core.operation.scope import EVERYWHERE
from maskeditor.core.space.volume import Volume
from maskeditor.engine.errors import MaskEditorError
from maskeditor.engine.progress import Progress
from maskeditor.model import image_preview
from maskeditor.model.image_preview import PreviewedImage
from maskeditor.model.preview import ImagePreview, Preview, RewritePreview
from maskeditor.model.view.display import Display, DisplayedImage
from maskeditor.ops import seed_correlation
from maskeditor.ops.smooth import Smooth
from tests import phantoms

SERIES = phantoms.series(6)
CROSSHAIR = (4, 6, 3)
LABELS = "a,b,a,b,a,b"
BY_VOXEL = ("mean name=m", "standard_deviation name=m", "tsnr name=m frame=1-4",
            f"t_test name=m conditions={LABELS} a=a b=b", f"f_test name=m conditions={LABELS}")  # fmt: skip


def operation(line: str) -> ImageOperation:
    made = from_text(line)
    assert isinstance(made, ImageOperation)
    return made


def completed(preview: Preview) -> PreviewedImage:
    patch, *_ = preview.work_out(Progress())
    preview.complete(patch)
    assert preview.image is not None
    return preview.image


#: What can be made of a part of the image, with what lies beside it.
PARTS = (*BY_VOXEL, "gradient_magnitude name=m", "gradient_magnitude name=m frame=2", "smooth name=m fwhm=3")


@pytest.fixture
def document() -> Document:
    return Document(SERIES)


def previewed(document: Document, line: str, place: int = 0) -> ImagePreview:
    return ImagePreview(document.snapshot(), "roi1", operation(line), CROSSHAIR, place)


@pytest.mark.parametrize("line", [*BY_VOXEL, "gradient_magnitude name=m frame=2", "smooth name=m frame=0"])
def test_it_is_what_is_made_and_then_taken_from_it(
    document: Document, line: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    image = completed(previewed(document, line))
    document.do(operation(line), "")
    monkeypatch.setattr(type(operation(line)), "worked_out", None)  # not worked out again
    made = document.snapshot().image("m", Progress())
    assert image.is_exact
    assert image.source == document.further_images()["m"]
    assert made is image.volume


@pytest.mark.parametrize("line", PARTS)
@pytest.mark.parametrize("crosshair", [CROSSHAIR, (0, 0, 0), tuple(size - 1 for size in SERIES.shape[:3])])
def test_the_planes_that_are_seen_come_first_and_are_exact(
    document: Document, line: str, crosshair: tuple[int, int, int], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(image_preview, "MOST_FIRST", 3)  # the image is small
    preview = ImagePreview(document.snapshot(), "roi1", operation(line), crosshair, 2)
    assert preview.glimpse(Progress()) is None  # takes no time as it is
    monkeypatch.setattr(image_preview, "LONG", 1)
    first, whole = preview.glimpse(Progress()), completed(preview)
    assert first is not None
    assert (first.is_exact, first.is_whole, whole.is_whole) == (False, False, True)
    assert first.volume.shape == whole.volume.shape
    assert np.isnan(first.volume.stored).all()
    drawn = DisplayedImage(first.volume, first.planes)
    for axis, index in enumerate(crosshair):
        wanted = whole.volume.stored.take(index, axis)
        assert drawn.slice(axis, index, 0).dtype == wanted.dtype
        assert np.array_equal(drawn.slice(axis, index, 0), wanted)
        assert np.isnan(drawn.slice(axis, (index + 1) % whole.volume.shape[axis], 0)).all()
    at, beside = crosshair, tuple(index + 1 if index == 0 else index - 1 for index in crosshair)
    assert drawn.intensity(at, 0) == whole.volume.stored[at]
    assert np.isnan(drawn.intensity(beside, 0))  # type: ignore[arg-type]
    assert np.array_equal(first.sample.stored[..., 0], whole.volume.stored[..., crosshair[2]])


def test_no_more_is_gone_through_for_the_planes_than_they_look_at(monkeypatch: pytest.MonkeyPatch) -> None:
    shape, gone_through = (60, 50, 40), 0
    made, real = Document(phantoms.volume(np.zeros(shape, np.int16, order="F"))), Smooth.worked_out

    def counted(self: Smooth, image: Volume, progress: Progress) -> np.ndarray:
        nonlocal gone_through
        gone_through += math.prod(image.shape)
        return real(self, image, progress)

    monkeypatch.setattr(image_preview, "LONG", 1)
    monkeypatch.setattr(Smooth, "worked_out", counted)
    zooms = made.snapshot().volume.geometry.zooms
    fwhm = float(min(zooms))  # four standard deviations, rounded: two voxels of the smallest
    reaches = [int(4 * fwhm / np.sqrt(8 * np.log(2)) / zoom + 0.5) for zoom in zooms]
    preview = ImagePreview(made.snapshot(), "roi1", operation(f"smooth name=s fwhm={fwhm}"), (30, 0, 20))
    found = preview.glimpse(Progress())
    assert found is not None
    spans = (2 * reaches[0] + 1, reaches[1] + 1, 2 * reaches[2] + 1)
    assert gone_through == sum(span * math.prod(shape) // size for span, size in zip(spans, shape, strict=True))
    # What there is no room for otherwise takes none: no voxel beside the planes.
    assert not any(found.volume.stored.strides)
    wide = ImagePreview(made.snapshot(), "roi1", operation(f"smooth name=s fwhm={20 * fwhm}"), (30, 0, 20))
    assert wide.glimpse(Progress()) is None  # takes as long as the whole


def test_what_is_known_in_planes_alone_is_not_laid_out_to_be_drawn(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("maskeditor.model.view.display.LARGE", 1)
    volume, plane = phantoms.volume(np.zeros((4, 4, 4))), np.ones((4, 4))
    assert DisplayedImage(volume).wants_levels(Display("m"), 0)
    assert not DisplayedImage(volume, {(2, 1): plane}).wants_levels(Display("m"), 0)


@pytest.mark.parametrize("line", ["smooth name=m", "gradient_magnitude name=m frame=1-4"])
def test_of_volumes_that_are_made_one_by_one_the_one_that_is_shown_is_worked_out(
    document: Document, line: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    preview = previewed(document, line, 3)
    assert preview.of_volume
    image = completed(preview)
    assert image.volume.frames == 1
    document.do(operation(line), "")
    assert np.array_equal(image.volume.stored, document.snapshot().image("m", Progress()).stored[..., 3])
    assert not previewed(document, "mean name=n").of_volume
    assert not previewed(document, "smooth name=n frame=2").of_volume


def test_of_a_derived_image_that_is_not_there_yet_nothing_is_seen_before_it(
    document: Document, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(image_preview, "LONG", 1)
    document.do(operation("smooth name=s fwhm=4"), "")
    preview = previewed(document, "mean name=m image=s")
    assert preview.glimpse(Progress()) is None
    completed(preview)
    assert previewed(document, "standard_deviation name=m image=s").glimpse(Progress()) is not None


@pytest.mark.parametrize(
    ("line", "sentence"),
    [
        ("mean name=taken", "There is an image 'taken' already"),
        ("tsnr name=m image=taken", "two volumes at least"),
        ("mean name=m image=gone", "no image 'gone'"),
        ("mean name=m frame=9", "Volume 9 was asked for"),
    ],
)
def test_what_cannot_be_made_is_said(document: Document, line: str, sentence: str) -> None:
    document.do(operation("mean name=taken"), "")
    for work in (previewed(document, line).glimpse, previewed(document, line).work_out):
        with pytest.raises(MaskEditorError, match=sentence):
            work(Progress())


def test_a_seed_that_is_followed_is_seen_to_a_millionth(document: Document, monkeypatch: pytest.MonkeyPatch) -> None:
    gone_through: list[int] = []
    whole = seed_correlation.standardised

    def noted(*given: object, **rest: object) -> object:
        gone_through.append(1)
        return whole(*given, **rest)

    monkeypatch.setattr(seed_correlation, "standardised", noted)
    for seed in ("4,6,3", "5,6,3", "0,0,0"):
        line = f"seed_correlation name=m seed={seed} radius=3"
        image = completed(previewed(document, line))
        exact = operation(line).worked_out(SERIES, Progress())
        assert not image.is_exact
        assert np.abs(image.volume.stored - exact).max() < 1e-6
    assert gone_through == [1]
    # Without room for the courses it is worked out as it will be made.
    document.snapshot().intermediates.budget = 1000
    image = completed(previewed(document, line))
    assert image.is_exact
    assert np.array_equal(image.volume.stored, exact)


def test_a_place_that_is_followed_changes_nothing_of_the_look(document: Document) -> None:
    def look(line: str) -> object:
        return completed(previewed(document, line)).look

    assert look("seed_correlation name=m seed=1,1,1") == look("seed_correlation name=m seed=2,1,1")
    assert look("seed_correlation name=m seed=1,1,1") != look("seed_correlation name=m seed=1,1,1 radius=4")
    assert look("mean name=m") != look("standard_deviation name=m")


def test_the_ends_are_of_what_is_finite(document: Document) -> None:
    values = np.array([np.nan, -3, 8, np.inf]).reshape(4, 1, 1)
    image = completed(previewed(document, "mean name=m"))
    made = PreviewedImage(image.source, phantoms.volume(values))
    assert made.ends == (-3, 8)
    assert PreviewedImage(image.source, phantoms.volume(np.full((1, 1, 1), np.nan))).ends is None


def test_a_step_that_is_changed_shows_its_image_and_the_mask_that_follows(document: Document) -> None:
    document.do(operation("smooth name=s fwhm=2"), "")
    document.do(from_text("threshold image=s frame=2 lower=300"), "roi1")
    changed = operation("smooth name=s fwhm=7")
    preview = RewritePreview(document.snapshot(), "roi1", edits.edit(document.present, 0, changed, EVERYWHERE), 2)
    assert preview.of_volume
    image = completed(preview)
    smoothed = Smooth(name="s", fwhm=7).worked_out(SERIES, Progress())
    assert np.array_equal(image.volume.stored, smoothed[..., 2])
    wanted = smoothed[..., 2] >= 300
    shown = preview.slice(2, 3)
    assert shown is not None
    assert np.array_equal(shown, wanted[..., 3])


def test_working_it_out_reports(document: Document) -> None:
    for line in ("standard_deviation name=m", "smooth name=n"):
        told: list[float] = []
        previewed(document, line).work_out(Progress(told.append))
        assert told
        assert told == sorted(told)
