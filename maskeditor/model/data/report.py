"""A report of masks on an image: everything that is known of them, gathered for one page."""

from __future__ import annotations

import platform
from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import partial
from importlib.metadata import version
from pathlib import Path
from typing import NamedTuple

import numpy as np

from maskeditor.core.errors import OperationError
from maskeditor.core.fingerprints import recorded_in, why_not_compared
from maskeditor.core.history.timelines import Step, Timeline
from maskeditor.core.operation.intensity_input import IntensityInput
from maskeditor.core.operation.parameters import Role
from maskeditor.core.operation.scene import Scene
from maskeditor.core.recipe.methods_text import methods_text
from maskeditor.core.recipe.recipe import Recipe, renamed
from maskeditor.core.space.geometry import Geometry, Plane
from maskeditor.core.space.mask import COLOURS, Colour
from maskeditor.core.space.mask_bits import MaskBits
from maskeditor.core.space.volume import Volume
from maskeditor.engine.errors import Cancelled, MaskEditorError
from maskeditor.engine.memory_pool import give_back
from maskeditor.engine.progress import Progress
from maskeditor.io import formats
from maskeditor.io.labels import named_beside_file
from maskeditor.io.provenance import PROGRAM, fingerprint, matches, source_fingerprint, source_matches
from maskeditor.model.checks import checks
from maskeditor.model.data.circularity import circular_in
from maskeditor.model.data.mask_on import open_mask_on
from maskeditor.model.data.montage import SMALL_SIDE, MontageParameters, montage
from maskeditor.model.data.regions import regions_of_mask, without_voxels
from maskeditor.model.data.report_page import page
from maskeditor.model.data.report_plots import Bound, Course, courses_drawing, histogram_drawing
from maskeditor.model.data.report_views import slice_leaves, surface_leaves
from maskeditor.model.data.slice_pictures import MOST_MASKS, Outlined, SlicePictures
from maskeditor.model.data.statistics import intensities_of, statistics
from maskeditor.model.ends import ends_of_range
from maskeditor.model.histogram import Histogram
from maskeditor.model.histogram_request import HistogramRequest
from maskeditor.model.label_colours import colour_of
from maskeditor.model.numbers_in_words import along_axes, change_in_words, in_number, trimmed
from maskeditor.model.recipes import recipe_with
from maskeditor.model.time_courses import mean_course
from maskeditor.model.view.window import window_of

#: Masks that are looked over one by one.
_MOST_CHECKED = 20
#: How much larger than they are drawn the few slices of a small image are shown at most; many fill the page.
_STRETCHED = 1.4
#: Bars of the histogram.
_BARS = 160
#: The share of the voxels at either end of the histogram that is not drawn.
_TAIL = 0.0005
#: What is said of the intensities in each mask: columns of the table of statistics.
_SHOWN = ("mean", "standard_deviation_ddof_0", "median", "minimum", "maximum")
#: The programs whose versions a result may depend on.
_PROGRAMS = ("numpy", "scipy", "nibabel", "nilearn", "pydicom")


@dataclass(frozen=True)
class Reported:
    """A mask that is reported on.

    Parameters
    ----------
    name : str
    colour : tuple of 3 int
    mask : MaskBits
        On the grid of the image.
    recipe : Recipe, optional
        The steps that made it.
    file : str
        What its file is called; "" if it has none.
    findings : tuple of str
        What is doubtful about that file, one sentence each.
    """

    name: str
    colour: Colour
    mask: MaskBits
    recipe: Recipe | None = None
    file: str = ""
    findings: tuple[str, ...] = ()

    @property
    def doubts(self) -> tuple[str, ...]:
        """The findings, each of which names the file."""
        return tuple(one if one.startswith(self.file) else f"{self.file}: {one}" for one in self.findings)

    @property
    def steps(self) -> Timeline:
        """The steps that it depends on, as far as they are known."""
        return self.recipe.needed if self.recipe is not None else ()


class StepRow(NamedTuple):
    """A step as a row of the report."""

    number: int
    title: str
    roi: str
    parameters: tuple[str, ...]
    changed: str
    enabled: bool
    note: str


class Report(NamedTuple):
    """A report: the page in UTF-8, and what it warns of, one sentence each."""

    html: bytearray
    warnings: tuple[str, ...]


def reported_files(paths: Sequence[Path], volume: Volume, image: str, progress: Progress) -> list[Reported]:
    """Return the masks of files, one for each label, with the recipes that they carry.

    Parameters
    ----------
    paths : sequence of Path
    volume : Volume
        The image, on whose grid they must lie.
    image : str
        What it is called.
    progress : Progress

    Raises
    ------
    GeometryMismatch, FileError
        As `open_mask_on` does.
    """
    found: list[Reported] = []
    for place, path in enumerate(paths):
        part = progress.part(place / len(paths), (place + 1) / len(paths))
        opened, stem = open_mask_on(path, volume.geometry, image, part), formats.stem(path)
        named, recipe = named_beside_file(path), recipe_with(path)
        labels = opened.labels or {1: MaskBits(volume.geometry.shape)}
        lost = without_voxels(opened.labels, {number: one.name for number, one in named.items()}, path.name)
        findings = (*opened.findings, *lost)
        for number, mask in labels.items():
            name = named[number].name if number in named else f"label {number}" if len(labels) > 1 else ""
            name = f"{stem}: {name}" if name and len(paths) > 1 else name or stem
            colour = COLOURS[len(found)] if len(found) < len(COLOURS) else colour_of(len(found))
            found.append(Reported(name, colour, mask, recipe if len(labels) == 1 else None, path.name, findings))
            findings = ()
    return found


def report_of(volume: Volume, name: str, masks: Sequence[Reported], progress: Progress) -> Report:
    """Return the report of masks on an image, as one page that needs nothing beside it.

    Parameters
    ----------
    volume : Volume
        Of a series, its mean is drawn and measured.
    name : str
        What the image is called.
    masks : sequence of Reported
    progress : Progress

    Raises
    ------
    OperationError
        If there are too many masks, or none.
    """
    if not 1 <= len(masks) <= MOST_MASKS:
        raise OperationError(f"A report shows from 1 to {MOST_MASKS} masks, but {len(masks)} are given; choose some.")
    geometry = volume.geometry
    outlined = tuple(Outlined(one.name, one.colour, one.mask) for one in masks)
    scene = Scene(volume, MaskBits(geometry.shape), None)
    # First, as it takes the most memory, of which the pictures then find it free.
    hashes, doubts = _looked_over(masks, geometry, progress.within(0.0, 0.15))
    give_back()
    values, scaled = intensities_of(scene, "", "mean", progress.within(0.15, 0.2))
    pictures = SlicePictures(values, scaled, geometry, window_of(volume, "mean"), outlined)
    leaves = slice_leaves(pictures, progress.within(0.2, 0.5))
    if (surface := surface_leaves(outlined, geometry, progress.within(0.5, 0.7))) is not None:
        leaves.append(surface)
    give_back()
    sheets = {
        plane: montage(pictures, MontageParameters(plane=plane), SMALL_SIDE)
        for plane in (Plane.AXIAL, Plane.CORONAL, Plane.SAGITTAL)
    }
    regions = [regions_of_mask(one.mask, place, one.name) for place, one in enumerate(masks, 1)]
    found = statistics(values, scaled, geometry, regions, progress=progress.within(0.7, 0.8))
    histogram = _histogram(scene, masks, progress.within(0.8, 0.95))
    image_hash = source_fingerprint(volume)
    recipes = [one.recipe for one in masks if one.recipe is not None]
    doubts += [*found.findings, *_other_data(masks, volume)]
    doubts += circular_in(recipes, volume, over_time=False)
    if volume.frames > 1:
        doubts += circular_in(recipes, volume, over_time=True)
    warnings = tuple(dict.fromkeys((*volume.findings, *doubts)))
    give_back()
    html = page(
        name=name,
        program=PROGRAM,
        masks=masks,
        rows=found.table.rows(),
        shown=[(column, found.table.meanings[column]) for column in _SHOWN],
        leaves=leaves,
        montages=[
            (plane.capitalize(), sheet.as_svg(), round(_STRETCHED * sheet.pixels.shape[1]))
            for plane, sheet in sheets.items()
        ],
        histogram=histogram,
        courses=_courses(volume, masks, progress.within(0.95, 1.0)),
        steps=[(one.name, _step_rows(one.recipe, geometry.voxel_volume)) for one in masks if one.recipe is not None],
        methods=[(one.name, *_methods(one.recipe)) for one in masks if one.recipe is not None],
        warnings=warnings,
        provenance=_provenance(volume, name, image_hash, masks, hashes),
    )
    return Report(html, warnings)


def _histogram(scene: Scene, masks: Sequence[Reported], progress: Progress) -> str:
    """Return the drawing of the histogram of the image and of the masks; "" without a number to count."""
    source = IntensityInput()
    try:
        whole = HistogramRequest(scene, source).work_out(progress.within(0.0, 0.5))
    except OperationError:
        return ""
    low = whole.at_share(_TAIL)
    high = max(whole.at_share(1 - _TAIL), low + whole.bins.width)
    bars, counts = whole.bars(low, high, _BARS), []
    for place, one in enumerate(masks):
        part = progress.within(0.5 + 0.5 * place / len(masks), 0.5 + 0.5 * (place + 1) / len(masks))
        inside = replace(scene, mask=one.mask, extent=one.mask.bounds())
        of_mask = HistogramRequest(inside, source, known=whole).work_out(part).bars(low, high, _BARS).of_mask
        if of_mask is not None:
            counts.append((one.name, one.colour, of_mask))
    return histogram_drawing(bars, counts, _bounds(masks, whole, scene, progress))


def _bounds(masks: Sequence[Reported], histogram: Histogram, scene: Scene, progress: Progress) -> list[Bound]:
    """Return the intensities of the image at which steps end, declared or found by themselves, each once."""
    found: dict[tuple[float, str], Bound] = {}
    for one in masks:
        names = one.recipe.names if one.recipe is not None else {}
        for step in one.steps:
            if not step.enabled or step.images:
                continue
            called = step.title_with(names)
            ends = ends_of_range(step.operation.parameters())
            named: list[tuple[float | None, str]] = []
            if ends is not None:
                values = {end.name: getattr(step.operation, end.name) for end in ends}
                named = [(value, called) for value in ends.on_axis(values, histogram) or ()]
            for value, title in named or _found_by(step, called, scene, progress):
                if value is not None:
                    found[value, title] = Bound(value, title, one.colour)
    return list(found.values())


def _found_by(step: Step, called: str, scene: Scene, progress: Progress) -> list[tuple[float | None, str]]:
    """Return the intensities that a step finds in the image, with what they are; none if it looks at a mask as well."""
    try:
        found = step.operation.found(scene, progress)
    except Cancelled:
        raise
    except MaskEditorError:
        return []
    # Numbers of ROIs are no intensities, and means of classes no bounds.
    bounds = [one for one in found if not one.roi and one.curve is None]
    return [(end, f"{called}, {one.title.lower()}") for one in bounds for end in (one.value, one.upper)]


def _looked_over(masks: Sequence[Reported], geometry: Geometry, progress: Progress) -> tuple[list[str], list[str]]:
    """Return the fingerprint of each mask, and what is worth a look in them."""
    hashes, doubts = list[str](), list[str]()
    for place, one in enumerate(masks):
        voxels = one.mask[...]
        hashes.append(fingerprint(voxels))
        doubts += one.doubts
        if place < _MOST_CHECKED:
            part = progress.within(place / len(masks), (place + 1) / len(masks))
            doubts += [f"{one.name}: {check.sentence}" for check in checks(voxels, geometry, one.steps, part)]
    if len(masks) > _MOST_CHECKED:
        doubts.append(f"Of {len(masks)} masks, the first {_MOST_CHECKED} were looked over for pieces, holes and edges.")
    return hashes, doubts


def _other_data(masks: Sequence[Reported], volume: Volume) -> list[str]:
    """Return a sentence for each recipe that belongs to another image, or to another mask."""
    found = []
    for one in masks:
        if one.recipe is None:
            continue
        source, result = recorded_in(one.recipe.source), recorded_in(one.recipe.result)
        if why := why_not_compared(source):
            found.append(f"Whether {one.name} was made on this image cannot be told: {why}.")
        elif source and not source_matches(source, volume):
            of = one.recipe.source.get("name", "another image")
            found.append(f"{one.name} was made on another image ({of}), and is shown on this one.")
        if why := why_not_compared(result):
            found.append(f"Whether the recipe of {one.name} made this mask cannot be told: {why}.")
        elif result and not matches(result, one.mask[...]):
            found.append(
                f"{one.name}: its recipe made another mask than this; another program has changed the voxels since, or "
                "the recipe is that of another file."
            )
    return found


def _step_rows(recipe: Recipe, voxel_volume: float) -> list[StepRow]:
    names, rows = recipe.names, []
    for number, step in enumerate(recipe.needed, 1):
        shown = renamed(step, names)
        operation = shown.operation
        parameters = [
            declared.describe(getattr(operation, declared.name))
            for declared in operation.parameters()
            if declared.role is not Role.HIDDEN
            and getattr(operation, declared.name) not in ("", None)
            and declared.matters(partial(getattr, operation))
        ]
        if where := shown.scope.summary():
            parameters.append(where)
        is_known = step.enabled and step.changed is not None and step.makes is None
        rows.append(
            StepRow(
                number,
                step.name or operation.title,
                names.get(step.roi, "") if len(recipe.rois) > 1 else "",
                tuple(parameters),
                change_in_words(*step.changed, voxel_volume) if is_known and step.changed is not None else "",
                step.enabled,
                step.note,
            )
        )
    return rows


def _methods(recipe: Recipe) -> tuple[str, list[str]]:
    """Return the paragraph of a paper, and its references."""
    text, _, references = methods_text(recipe).partition("\n\nReferences\n")
    return text, references.splitlines()


def _courses(volume: Volume, masks: Sequence[Reported], progress: Progress) -> str:
    """Return the drawing of the mean courses of masks; "" where there are none."""
    if volume.frames == 1:
        return ""
    courses = []
    for place, one in enumerate(masks):
        part = progress.part(place / len(masks), (place + 1) / len(masks))
        course = Course(one.name, one.colour, mean_course(volume, one.mask, part))
        if np.isfinite(course.values).any():
            courses.append(course)
    return courses_drawing(courses, volume.repetition_time) if courses else ""


def _provenance(
    volume: Volume, name: str, image: str, masks: Sequence[Reported], hashes: Sequence[str]
) -> list[tuple[str, str]]:
    """Return what the report is made of, as names and values."""
    zooms = along_axes(trimmed(round(zoom, 4)) for zoom in volume.geometry.zooms)
    rows = [
        ("Image", name),
        ("Shape", " × ".join(map(str, volume.shape))),
        ("Voxel", f"{zooms} mm"),
        ("Axes", "".join(volume.geometry.axis_codes)),
        ("Type", str(volume.dtype)),
        ("Fingerprint of its stored values", image),
    ]
    for one, made in zip(masks, hashes, strict=True):
        rows.append((f"Mask {one.name}", f"{one.file or 'of no file'}, {in_number(one.mask.count(), 'voxel')}"))
        rows.append((f"Fingerprint of the voxels of {one.name}", made))
        if one.recipe is not None and one.recipe.program:
            rows.append((f"{one.name} was made by", one.recipe.program))
    rows.append(("This report was made by", PROGRAM))
    rows.append(("Python", platform.python_version()))
    return [*rows, *((program, version(program)) for program in _PROGRAMS)]
