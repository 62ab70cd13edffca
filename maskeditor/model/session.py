"""A session: an image, its document, and the files they come from and go to."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Mapping
from pathlib import Path
from typing import Any, NamedTuple, get_args

import numpy as np

from maskeditor.core.errors import FileError
from maskeditor.core.history.document import Document
from maskeditor.core.history.prepare import Prepared, Snapshot, prepare, put_in
from maskeditor.core.history.timelines import Step, Timeline, changes
from maskeditor.core.history.visits import History
from maskeditor.core.operation.scene import Patch
from maskeditor.core.recipe.recipe import Recipe, opened_images, steps_of
from maskeditor.core.recipe.recipe_json import dumps, step_of_record, to_record
from maskeditor.core.recipe.replay import recipe_of
from maskeditor.core.space.geometry import Geometry
from maskeditor.core.space.mask import Colour
from maskeditor.core.space.mask_bits import MaskBits
from maskeditor.core.space.volume import FrameChoice, Volume
from maskeditor.engine.arrays import BoolArray
from maskeditor.engine.errors import MaskEditorError
from maskeditor.engine.progress import Progress
from maskeditor.io import formats
from maskeditor.io.dicom.segmentation import NOT_INSTALLED, can_export, save_segmentation
from maskeditor.io.label_tables import named_beside
from maskeditor.io.nifti.header import Header
from maskeditor.io.open import ImageInfo, Opened, open_image, open_mask, scan
from maskeditor.io.outside import OUTSIDE
from maskeditor.io.provenance import (
    PROGRAM,
    described,
    fingerprint,
    sidecar,
)
from maskeditor.io.save import save_mask, save_volume
from maskeditor.io.seen import check as check_seen
from maskeditor.io.targets import dicom_target, image_target, keep_source, mask_place
from maskeditor.model.abilities import ALL_EMPTY
from maskeditor.model.checks import Check, checks, without_meaning
from maskeditor.model.further import FurtherImage, check_name, reopened_further
from maskeditor.model.recipes import mask_type, took_part_by_hand
from maskeditor.model.recording import Recording, journals_folder, resume
from maskeditor.model.sample import Sample, sample_volume
from maskeditor.model.saved_masks import SavedLabels, SavedMasks
from maskeditor.model.source import ImageSource, SourceMissing, series_mark
from maskeditor.model.strokes import Hands
from maskeditor.model.view.display import Display, displays_from
from maskeditor.ops.import_mask import ImportMask

_NOT_AGAIN = "The last stroke could not be made again: "


class ImportedLabel(NamedTuple):
    """What is known of a label in a file.

    Parameters
    ----------
    number, voxels : int
    colour : tuple of 3 int or None
        As the table beside the file gives it.
    """

    number: int
    voxels: int
    colour: Colour | None


class Imported(NamedTuple):
    """Masks from a file.

    Parameters
    ----------
    masks : dict of str to ImportMask
        What puts the voxels of each in place, by name: that of the label in the table beside the file, or the file's,
        with the label if there are several.
    findings : tuple of str
        What is doubtful about the file, one sentence each.
    labels : dict of str to ImportedLabel
        Of each, by the same name.
    """

    masks: dict[str, ImportMask]
    findings: tuple[str, ...]
    labels: dict[str, ImportedLabel]

    def only(self, names: Collection[str]) -> Imported:
        """Return some of them."""
        masks = {name: operation for name, operation in self.masks.items() if name in names}
        return Imported(masks, self.findings, {name: self.labels[name] for name in masks})


class Session:
    """An open image with its masks.

    Parameters
    ----------
    volume : Volume
    header : Header
        What a saved mask takes its geometry from.
    path : Path, optional
        Where the image came from; None for the embedded sample.
    series : str
        The key of the image, where the path may hold several.
    sample : str
        Which embedded sample it is.
    """

    def __init__(
        self,
        volume: Volume,
        header: Header,
        path: Path | None = None,
        series: str = "",
        sample: str = "",
    ) -> None:
        name = path.name if path is not None and formats.is_image_file(path) else volume.name
        self.source = ImageSource(volume, name, path, sample, series_mark(series) if series else "")
        self._saved = SavedMasks()
        #: The image of labels that holds ROIs, if one was written here or brought back.
        self.saved_labels = SavedLabels()
        self._in_hand: list[Hands] = []
        self._displays: list[Display] = []
        #: The further images that were opened, by name.
        self.further: dict[str, FurtherImage] = {}
        further = self.further
        source, saved, in_hand, displays = self.source, self._saved, self._in_hand, self._displays
        # What knows the session would keep a closed one, with its image, in memory.
        self.recording = Recording(
            lambda base: {
                **source.facts(base),
                "images": {name: image.facts(base) for name, image in further.items()},
                "files": saved.facts(base),
                "hands": in_hand[0].to_record() if in_hand else None,
                "displays": [display.to_record() for display in displays],
            }
        )
        self.document = Document(volume, History(keep=self.recording.keep), OUTSIDE)
        # Before any window listens, so that what is drawn is on the disk.
        self.document.moved.connect(self._record)
        self.document.rois_changed.connect(self._record)
        self.header = header
        self.path = path
        #: What was known of the image before it was read; None for the embedded sample.
        self.info: ImageInfo | None = None
        #: What a person must know about how the session was restored.
        self.note = ""

    @classmethod
    def open(
        cls,
        path: Path,
        series: str | None = None,
        progress: Progress | None = None,
        frames: Iterable[FrameChoice] | None = None,
        check: Callable[[ImageInfo], object] | None = None,
    ) -> Session:
        """Open a NIfTI file, or a DICOM folder or file.

        Parameters
        ----------
        path, series, progress, frames, check
            As for `open_image`.

        Raises
        ------
        FileError
            If it cannot be read, or holds several series and none was chosen.
        """
        return cls.of(open_image(path, series, progress, frames, check))

    @classmethod
    def of(cls, opened: Opened) -> Session:
        """Begin on an image that was read."""
        session = cls(opened.volume, opened.header, opened.path, series=opened.info.key)
        session.info = opened.info
        return session

    @classmethod
    def sample(cls, kind: Sample = "t1", progress: Progress | None = None, volume: Volume | None = None) -> Session:
        """Begin on the embedded sample: a T1-weighted head, or a short EPI of it; made unless it is given."""
        volume = volume or sample_volume(kind, progress)
        return cls(volume, Header.from_geometry(volume.geometry, volume.frames), sample=kind)

    @classmethod
    def restore(
        cls,
        path: Path,
        image: Path | None = None,
        accept: bool = False,
        progress: Progress | None = None,
        folder: Path | None = None,
        images: Mapping[str, Path] | None = None,
    ) -> Session:
        """Go on with a saved session, or with the journal of a program that ended; undo and redo are back too.

        Parameters
        ----------
        path : Path
        image : Path, optional
            Where the image is now, if it was moved.
        accept : bool
            Whether an image that differs from the one recorded will do, as long as it has the same shape.
        progress : Progress, optional
        folder : Path, optional
            Where journals lie; the program's own place by default.
        images : mapping of str to Path, optional
            Where further images are now, if they were moved, by name.

        Raises
        ------
        SourceMissing
            If an image is not where it was; give `image`, or `images` for a further one.
        SourceChanged
            If it is not the image that the session was made on.
        FileError
            If the session cannot be opened.
        """
        progress = progress or Progress()
        resumed = resume(path, folder or journals_folder())
        found = resumed.found
        try:
            recorded = found.about.get("source", {})
            session = cls._reopened(recorded, found.about.get("name", ""), path.parent, image, progress.part(0.0, 0.6))
            session.source.check(recorded, accept)
            for name, one in found.about.get("images", {}).items():
                grid, given = session.document.geometry, (images or {}).get(name)
                part = progress.within(0.6, 0.8)
                session.add_image(name, reopened_further(name, one, path.parent, grid, given, accept, part))
            if found.rois:  # else it ended before the first move
                session.document.restore(found.rois, found.visits, found.at, progress.within(0.8, 1.0))
        except MemoryError:
            resumed.let_go()
            raise FileError(
                f"The masks of {path.name} need more memory than there is; close other programs and open it again."
            ) from None
        except BaseException:
            resumed.let_go()
            raise
        session._saved.remember(  # noqa: SLF001
            found.about.get("files", {}), session.document.present, path.parent, resumed.is_own
        )
        session.hands = Hands.from_record(found.about.get("hands"))
        session.displays = displays_from(found.about.get("displays"))
        lost = session._take_over_drawn(found.drawn, resumed.is_own)  # noqa: SLF001
        note = session.recording.go_on(resumed, session.document)
        lost = lost or session._make_drawn(found.drawn[0][1] if found.drawn else None)  # noqa: SLF001
        session.note = " ".join(filter(None, (note, lost)))
        return session

    def _take_over_drawn(self, records: Iterable[Any], is_own: bool) -> str:
        """Take over strokes that were drawn and no steps yet; return what must be said about it."""
        try:
            drawn = tuple(step_of_record(record, None, is_own) for record, _ in records)
        except MaskEditorError as error:
            return f"{_NOT_AGAIN}{error}"
        if not {step.roi for step in drawn} <= {roi.id for roi, _ in self.document.every_roi}:
            return f"{_NOT_AGAIN}its ROI is not in the session."
        self.recording.drawn = drawn
        return ""

    def _make_drawn(self, after: int | None) -> str:
        """Make the strokes steps that were drawn before the program ended; return what must be said about it.

        They follow so many steps, or the present ones.
        """
        lost = ""
        document, recording = self.document, self.recording
        if recording.drawn and after is not None:
            document.go_to((*document.present, *document.history.ahead)[:after])
        while recording.drawn:
            step, *rest = recording.drawn
            # Written as a step and taken off the list of those drawn at once, or neither.
            recording.drawn = tuple(rest)
            try:
                document.do(step.operation, step.roi)
            except MaskEditorError as error:
                lost = f"{_NOT_AGAIN}{error}"
        document.go_to(document.present)
        recording.record(document)
        return lost

    @classmethod
    def _reopened(
        cls, recorded: Mapping[str, Any], name: str, base: Path, image: Path | None, report: Callable[[float], None]
    ) -> Session:
        progress = Progress(report)
        if image is None and recorded.get("sample") in get_args(Sample):
            return cls.sample(recorded["sample"], progress)
        where = image or base / recorded.get("path", "")
        try:
            is_there = where.exists() and where != base
        except OSError:  # a name that is too long for any file
            is_there = False
        if not is_there:
            raise SourceMissing(where, name)
        for found in scan(where, progress.part(0.0, 0.3)):
            if series_mark(found.info.key) == recorded.get("series"):
                return cls.of(found.open(progress.part(0.3, 1.0)))
        # An image that was replaced or given by hand has another mark; what differs is reported later.
        return cls.open(where, None, progress)

    @property
    def files(self) -> Mapping[str, Path]:
        """Where each ROI was last saved, by id."""
        return self._saved.files

    @property
    def unchosen(self) -> Collection[str]:
        """The ROIs whose file nobody chose here: the session that was opened names it, and may be from anywhere."""
        return self._saved.unchosen

    @property
    def name(self) -> str:
        """What the image is called in titles; never anything of the patient."""
        return self.source.name

    @property
    def hands(self) -> Hands | None:
        """What is in hand; None as long as that is left to the window."""
        return self._in_hand[0] if self._in_hand else None

    @hands.setter
    def hands(self, hands: Hands | None) -> None:
        self._in_hand[:] = [hands] if hands is not None else []

    @property
    def displays(self) -> tuple[Display, ...]:
        """How further images are looked at, from the lowest to the one on top."""
        return tuple(self._displays)

    @displays.setter
    def displays(self, displays: Iterable[Display]) -> None:
        self._displays[:] = displays

    # Further images -----------------------------------------------------------------------------------------------

    def add_image(self, name: str, image: FurtherImage) -> None:
        """Add a further image that was opened; steps look at it by its name.

        Raises
        ------
        ParameterError, OperationError
            If no image can be called so, or one is called so already.
        """
        check_name(name)
        self.document.add_image(name, image.volume)
        self.further[name] = image
        self.recording.write_facts()

    def remove_image(self, name: str) -> None:
        """Take a further image away that was opened.

        Raises
        ------
        OperationError
            If a step looks at it.
        """
        self.document.remove_image(name)
        del self.further[name]
        self.recording.write_facts()

    # Steps --------------------------------------------------------------------------------------------------------

    def prepare(
        self,
        snapshot: Snapshot,
        keep: int,
        tail: Iterable[Step],
        progress: Progress | None = None,
        known: Patch | None = None,
    ) -> Prepared:
        """Work out a move as `core.history.prepare.prepare` does, and make it ready for the journal; for a worker."""
        return self.expect(prepare(snapshot, keep, tail, progress, known))

    def put_in(
        self, snapshot: Snapshot, steps: Iterable[Step], progress: Progress | None = None, known: Patch | None = None
    ) -> Prepared:
        """Work new steps out as `core.history.prepare.put_in` does, ready for the journal; for a worker."""
        return self.expect(put_in(snapshot, steps, progress, known))

    def expect(self, prepared: Prepared) -> Prepared:
        """Make the journal ready for a move that was worked out; for a worker."""
        self.recording.write_ahead([delta for _, delta in (*changes(prepared.goal), *(prepared.crossing or ()))])
        return prepared

    # Masks in -----------------------------------------------------------------------------------------------------

    def import_mask(self, path: Path, progress: Progress | None = None, resample: bool = False) -> Imported:
        """Read a mask or label file as operations that put its voxels in place, one for each label.

        Parameters
        ----------
        path : Path
        resample : bool
            Whether a mask on another grid is brought to the image's by nearest neighbour.

        Raises
        ------
        GeometryMismatch
            If the mask lies on another grid and `resample` is false.
        """
        opened = open_mask(path, self.document.geometry, resample=resample, progress=progress)
        stem = formats.stem(path)
        table = named_beside(path, stem) if path.is_file() else {}
        imported = Imported({}, opened.findings, {})
        for label, mask in opened.labels.items():
            named = table.get(label)
            name = named.name if named is not None and named.name else stem
            if (named is None and len(opened.labels) > 1) or name in imported.masks:
                name = f"{name} {label}"
            operation = ImportMask.of(mask[...], path.name, opened.sha256, resampled=opened.resampled)
            imported.masks[name] = operation
            colour = named.colour if named is not None else None
            imported.labels[name] = ImportedLabel(label, mask.count(), colour)
        return imported

    # Masks out ----------------------------------------------------------------------------------------------------

    def recipe(self, roi: str) -> Recipe:
        """Return the recipe of an ROI, with fingerprints of the image and of the mask. Takes a while on big images."""
        return self._recipe(roi, *self.document.still(roi))

    def _recipe(self, roi: str, timeline: Timeline, mask: BoolArray) -> Recipe:
        looked_at = opened_images(steps_of(timeline, roi))
        return recipe_of(
            self.document,
            roi,
            source=described(self.document.volume, self.name),
            result={"voxels": int(np.count_nonzero(mask)), "sha256": fingerprint(mask)},
            program=PROGRAM,
            timeline=timeline,
            images=self.describe_further(looked_at),
        )

    def describe_further(self, names: Iterable[str]) -> dict[str, dict[str, Any]]:
        """Return what a recipe records of further images that steps look at, by name. Takes a while on big ones."""
        return {name: self.further[name].describe() for name in names if name in self.further}

    def sources_of(self, recipe: Recipe) -> tuple[list[str], list[str]]:
        """Return the file names of the image, if it has one, and of the further images that a recipe looks at."""
        # A folder of DICOM files may be called as the patient is.
        sources = [self.path.name] if self.path is not None and formats.is_image_file(self.path) else []
        looked_at = (self.further[name].path for name in recipe.images if name in self.further)
        return sources, [file.name for file in looked_at if file is not None and formats.is_image_file(file)]

    def checks(self, roi: str, progress: Progress | None = None) -> tuple[str, tuple[Check, ...]]:
        """Look an ROI's mask over before it is saved; return its fingerprint and what was found. For a worker."""
        timeline, mask = self.document.still(roi)
        return fingerprint(mask), checks(mask, self.document.geometry, steps_of(timeline, roi), progress)

    def doubts(self, roi: str) -> tuple[str, ...]:
        """Return a sentence if an ROI's mask can hardly be what was wanted: it is empty, or a mere box."""
        document = self.document
        steps = steps_of(document.timeline, roi)
        shape = document.geometry.shape
        doubt = without_meaning(document.voxels(roi), document.mask(roi).bounds(), shape, steps)
        return (f"The mask {doubt}.",) if doubt else ()

    def save_mask(
        self,
        roi: str,
        path: Path,
        progress: Progress | None = None,
        recipe_inside: bool = True,
        replace_changed: bool = False,
    ) -> None:
        """Save an ROI's mask with its geometry as the source's, and its recipe in a sidecar beside it.

        Parameters
        ----------
        roi : str
        path : Path
        progress : Progress, optional
        recipe_inside : bool
            Whether the mask's file carries the recipe too.
        replace_changed : bool
            Whether a file that this ROI was saved to before is replaced, though others have changed it since, or
            written again, though they have taken it away.

        Raises
        ------
        ChangedElsewhere
            If they have, and it is not to be.
        FileError
            If it cannot be written; older files are then untouched.
        """
        self.keep_sources(path)
        target, beside, kept = mask_place(self.path, path)
        self.keep_sources(target)
        seen = None if replace_changed else self._saved.seen(roi, path)
        check_seen(target, seen)
        # What is saved must belong together, though moves may be made while a worker saves.
        timeline, mask = self.document.still(roi)
        recipe = self._recipe(roi, timeline, mask)
        beside_it = sidecar(
            self.document.roi(roi).name,
            mask_type(recipe),
            *self.sources_of(recipe),
            took_part_by_hand(recipe),
            to_record(recipe),
            kept,
        )
        carried = dumps(recipe).encode() if recipe_inside else None
        save_mask(mask, target, self.header, extension=carried, sidecar=(beside, beside_it), seen=seen, report=progress)
        self._is_saved(roi, path, timeline)

    def keep_sources(self, target: Path) -> None:
        """Raise `FileError` if a file that is to be written is that of the image, or of a further one."""
        for source in (self.path, *(image.path for image in self.further.values())):
            keep_source(source, target)

    def save_image(self, name: str, path: Path, progress: Progress | None = None) -> Volume:
        """Save an image as NIfTI with the geometry of the source, and return it.

        Parameters
        ----------
        name : str
            Of a further image, opened or derived; "" is the image that is edited on.
        path : Path
        progress : Progress, optional

        Raises
        ------
        OperationError
            If there is no image of that name, or it cannot be worked out.
        FileError
            If it cannot be written; an older file is then untouched.
        """
        progress = progress or Progress()
        self.keep_sources(path)
        target = image_target(path)
        self.keep_sources(target)
        volume = self.document.snapshot().image(name, progress.within(0.0, 0.6))
        save_volume(volume, target, self.header, report=progress.part(0.6, 1.0))
        return volume

    def took_labels(self, path: Path, rois: Iterable[str], timeline: Timeline | None = None) -> None:
        """Remember that ROIs, with their steps (the present ones by default), are those of an image of labels."""
        self.saved_labels.take(path, rois, self.document.present if timeline is None else timeline)

    def took_back(self, roi: str, path: Path) -> None:
        """Remember that an ROI, with its steps, is the mask of a file."""
        self._is_saved(roi, path, self.document.present)

    def _is_saved(self, roi: str, path: Path, timeline: Timeline) -> None:
        self._saved.take(roi, path, timeline)
        self.recording.write_facts()

    def why_no_segmentation(self) -> str:
        """Return why the masks cannot leave as a DICOM segmentation; empty if they can."""
        if self.info is None or self.info.series_uid is None:
            return f"{self.name} is no DICOM image, which a DICOM segmentation refers to; save the mask as NIfTI."
        if not can_export():
            return NOT_INSTALLED
        if not self._filled():
            return ALL_EMPTY
        return ""

    def _filled(self) -> list[str]:
        return [roi.id for roi in self.document.rois if self.document.voxels(roi.id)]

    def export_segmentation(self, path: Path, progress: Progress | None = None) -> int:
        """Write all ROIs that are not empty as one DICOM segmentation; return how many.

        It names the patient, as the files of the image do.

        Raises
        ------
        FileError
            If it cannot be written; an older file is then untouched.
        """
        if problem := self.why_no_segmentation():
            raise FileError(problem)
        assert self.info is not None
        path = dicom_target(path)
        # Names need not differ.
        masks = [(self.document.roi(roi).name, MaskBits.of(self.document.still(roi)[1])) for roi in self._filled()]
        save_segmentation(masks, path, self.document.geometry, self.info.files, _labels_of, progress)
        return len(masks)

    # The session itself -------------------------------------------------------------------------------------------

    def keep_journal(self, folder: Path | None = None) -> None:
        """Have every move from now on written to a journal in a folder, by default the program's own place."""
        self.recording.want(folder or journals_folder())

    def identify(self) -> None:
        """Make the journal and write the fingerprint of the image into it; for a worker, as it takes a while."""
        self.recording.begin()
        self.source.identify()
        self._describe_further()
        self.recording.write_facts()

    def _describe_further(self) -> None:
        for image in tuple(self.further.values()):
            image.describe()

    def save_session(self, path: Path) -> None:
        """Save everything: ROIs, steps, undo and redo. The session lives in that file from now on, move by move.

        Raises
        ------
        FileError
            If it cannot be written; an older file is then untouched.
        """
        self.source.identify()
        self._describe_further()
        self.recording.save_as(path, self.document)

    def close(self, discard: bool = False) -> None:
        """Close the journal; it is removed with `discard`, once the work is saved or given up.

        The file of a saved session always stays.
        """
        self.recording.close(discard)
        self.document.rest()

    def _record(self, _: object = None) -> None:
        self.recording.record(self.document)

    def unsaved(self) -> tuple[str, ...]:
        """Return the ids of the ROIs whose steps differ from those last saved, or whose file others have changed.

        None in a saved session. A mask that was only brought in is as saved as its file.
        """
        if self.recording.is_saved:
            return ()
        document = self.document
        return tuple(roi.id for roi in document.rois if not self._is_kept(roi.id))

    def _is_kept(self, roi: str) -> bool:
        present = self.document.present
        return self._saved.is_kept(roi, present) or self.saved_labels.is_kept(roi, present)


def _labels_of(path: Path, geometry: Geometry) -> dict[int, MaskBits]:
    return open_mask(path, geometry).labels
