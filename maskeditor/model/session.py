"""A session: an image, its document, and the files they come from and go to."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Mapping
from pathlib import Path
from typing import Any

import numpy as np

from maskeditor.core.fingerprints import KEY
from maskeditor.core.history.document import Document
from maskeditor.core.history.prepare import Prepared, prepare, put_in
from maskeditor.core.history.snapshot import Snapshot
from maskeditor.core.history.timelines import Step, Timeline, changes
from maskeditor.core.history.visits import History
from maskeditor.core.operation.scene import Patch
from maskeditor.core.recipe.recipe import Recipe, opened_images, steps_of
from maskeditor.core.recipe.replay import recipe_of
from maskeditor.core.space.label_image import NamedLabel
from maskeditor.core.space.mask import in_quotes
from maskeditor.core.space.volume import FrameChoice, Volume
from maskeditor.engine.arrays import BoolArray
from maskeditor.engine.progress import Progress, Reporter, silent
from maskeditor.io import formats
from maskeditor.io.bids_dataset import named_from
from maskeditor.io.dicom.segmentation import NOT_INSTALLED, can_export
from maskeditor.io.nifti.header import Header
from maskeditor.io.open import ImageInfo, Opened, open_image
from maskeditor.io.outside import OUTSIDE
from maskeditor.io.provenance import PROGRAM, described, fingerprint
from maskeditor.io.targets import keep_source
from maskeditor.model.abilities import ALL_EMPTY
from maskeditor.model.checks import without_meaning
from maskeditor.model.further import FurtherImage, check_name
from maskeditor.model.hands import Hands
from maskeditor.model.notes import Notes
from maskeditor.model.recording import Recording, journals_folder
from maskeditor.model.sample import Sample, sample_volume
from maskeditor.model.saved_masks import SavedLabels, SavedMasks, images_of_no_mask
from maskeditor.model.source import Origin, series_mark
from maskeditor.model.view.display import Display
from maskeditor.model.view.look import Look


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
        #: Whether the image has a file of its own, whose name may be written down.
        self._has_file = path is not None and formats.is_image_file(path)
        name = path.name if path is not None and self._has_file else volume.name
        self.source = Origin(volume, name, path, sample, series_mark(series) if series else "")
        #: Where each ROI was saved, and with which steps.
        self.saved_masks = SavedMasks()
        #: The image of labels that holds ROIs, if one was written here or brought back.
        self.saved_labels = SavedLabels()
        self._in_hand: list[Hands] = []
        self._displays: list[Display] = []
        self._noted = [Notes()]
        self._look = [Look()]
        #: The further images that were opened, by name.
        self.further: dict[str, FurtherImage] = {}
        further = self.further
        source, in_hand, displays, look = self.source, self._in_hand, self._displays, self._look
        masks, labels, noted = self.saved_masks, self.saved_labels, self._noted
        # What knows the session would keep a closed one, with its image, in memory.
        self.recording = Recording(
            lambda base: {
                **source.facts(base),
                "images": {name: image.facts(base) for name, image in further.items()},
                "files": masks.facts(base),
                "labels": labels.facts(base),
                "hands": in_hand[0].to_record() if in_hand else None,
                "displays": [display.to_record() for display in displays],
                "notes": noted[0].to_record(),
                "look": look[0].to_record(),
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

    @property
    def files(self) -> Mapping[str, Path]:
        """Where each ROI was last saved, by id."""
        return self.saved_masks.files

    @property
    def unchosen(self) -> Collection[str]:
        """The ROIs whose file nobody chose here: the session that was opened names it, and may be from anywhere."""
        return self.saved_masks.unchosen

    @property
    def name(self) -> str:
        """What the image is called in titles; never anything of the patient."""
        return self.source.name

    def names_patient(self, path: Path) -> bool:
        """Whether a folder or a file of a path is called as the patient is, as the image's own DICOM header has it."""
        if self.info is None or self.info.series_uid is None:
            return False
        from maskeditor.io.dicom.patient import names_patient  # of a DICOM image alone

        return names_patient(path, Path(self.info.files[0]))

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

    @property
    def notes(self) -> Notes:
        """What was noted while looking: places, and the conditions shaded in the curves."""
        return self._noted[0]

    @notes.setter
    def notes(self, notes: Notes) -> None:
        self._noted[0] = notes

    @property
    def look(self) -> Look:
        """How the image itself is looked at, and what it is compared with."""
        return self._look[0]

    @look.setter
    def look(self, look: Look) -> None:
        self._look[0] = look

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
            If there is none of that name, or a step looks at it.
        """
        self.document.remove_image(name)
        del self.further[name]
        self.recording.write_facts()

    def name_labels(self, name: str, named: Mapping[int, NamedLabel]) -> None:
        """Have the labels of a further image that was opened be called, and coloured, otherwise."""
        self.further[name].name_labels(named)
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

    # Masks out ----------------------------------------------------------------------------------------------------

    def recipe(self, roi: str, still: tuple[Timeline, BoolArray] | None = None) -> Recipe:
        """Return the recipe of an ROI, with fingerprints of the image and of the mask. Takes a while on big images.

        Parameters
        ----------
        roi : str
        still : tuple of Timeline and (I, J, K) array of bool, optional
            The steps and the mask that they made; those of now by default.
        """
        timeline, mask = still or self.document.still(roi)
        looked_at = opened_images(steps_of(timeline, roi))
        # While this is worked out, so is the fingerprint of an image that was just read.
        result = {"voxels": int(np.count_nonzero(mask)), KEY: fingerprint(mask)}
        return recipe_of(
            self.document,
            roi,
            source=described(self.document.volume, self.name),
            result=result,
            program=PROGRAM,
            timeline=timeline,
            images=self.describe_further(looked_at),
        )

    def describe_further(self, names: Iterable[str]) -> dict[str, dict[str, Any]]:
        """Return what a recipe records of further images that steps look at, by name. Takes a while on big ones."""
        return {name: self.further[name].describe() for name in names if name in self.further}

    def sources_of(self, recipe: Recipe, beside: Path) -> tuple[list[str], list[str]]:
        """Return what a file calls the image, if that has one, and the further images that a recipe looks at."""
        # A folder of DICOM files may be called as the patient is.
        looked_at = (self.further[name].path for name in recipe.images if name in self.further)
        further = [named_from(file, beside) for file in looked_at if file is not None and formats.is_image_file(file)]
        return [named_from(self.path, beside)] if self.path is not None and self._has_file else [], further

    def doubts(self, roi: str) -> tuple[str, ...]:
        """Return a sentence if an ROI's mask can hardly be what was wanted: it is empty, or a mere box."""
        document = self.document
        steps = steps_of(document.timeline, roi)
        shape = document.geometry.shape
        doubt = without_meaning(document.voxels(roi), document.mask(roi).bounds(), shape, steps)
        return (f"The mask {doubt}.",) if doubt else ()

    def keep_sources(self, target: Path) -> None:
        """Raise `FileError` if a file that is to be written is that of the image, or of a further one."""
        for source in (self.path, *(image.path for image in self.further.values())):
            keep_source(source, target)

    def took_labels(self, path: Path, rois: Iterable[str], timeline: Timeline | None = None) -> None:
        """Remember that ROIs, with their steps (the present ones by default), are those of an image of labels."""
        self.saved_labels.take(path, rois, self.document.present if timeline is None else timeline)
        self.recording.write_facts()

    def took_mask(self, roi: str, path: Path, timeline: Timeline | None = None) -> None:
        """Remember that an ROI, with its steps (the present ones by default), is the mask of a file."""
        self.saved_masks.take(roi, path, self.document.present if timeline is None else timeline)
        self.recording.write_facts()

    def why_no_segmentation(self) -> str:
        """Return why the masks cannot leave as a DICOM segmentation; empty if they can."""
        if self.info is None or self.info.series_uid is None:
            return f"{self.name} is no DICOM image, which a DICOM segmentation refers to; save the mask as NIfTI."
        if not can_export():
            return NOT_INSTALLED
        if not self.filled():
            return ALL_EMPTY
        return ""

    def filled(self) -> list[str]:
        """Return the ids of the ROIs that are not empty."""
        return [roi.id for roi in self.document.rois if self.document.voxels(roi.id)]

    # The session itself -------------------------------------------------------------------------------------------

    def keep_journal(self, folder: Path | None = None) -> None:
        """Have every move from now on written to a journal in a folder, by default the program's own place."""
        self.recording.want(folder or journals_folder())

    def identify(self, progress: Reporter = silent) -> None:
        """Make the journal and write the fingerprint of the image into it; for a worker, as it takes a while.

        Raises
        ------
        Cancelled
            If `progress` raises it; the journal is then without the fingerprint.
        """
        self.recording.begin()
        self.source.identify(progress)
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
        self.recording.check_place(path)  # what refuses the name comes before what takes long
        self.source.identify()
        self._describe_further()
        self.recording.save_as(path, self.document)

    def close(self, discard: bool = False, keep_memory: bool = False) -> None:
        """Close the journal; it is removed with `discard`, once the work is saved or given up.

        The file of a saved session always stays. With `keep_memory`, the memory of results is left to a session that
        is opened at once; else it goes back to the system.
        """
        self.recording.close(discard)
        self.document.rest(keep_memory)

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

    def unsaved_besides(self) -> tuple[str, ...]:
        """Return in words what only a session would keep: images by steps that no mask looks at, and what was noted.

        None in a saved session.
        """
        if self.recording.is_saved:
            return ()
        found = list[str]()
        images = images_of_no_mask(self.document.present, (roi.id for roi in self.document.rois))
        if images:
            found.append(f"the {'image' if len(images) == 1 else 'images'} {in_quotes(*images)}")
        if self.notes.places:
            found.append("the noted places")
        if self.notes.conditions:
            found.append("the conditions")
        return tuple(found)

    def _is_kept(self, roi: str) -> bool:
        present = self.document.present
        return self.saved_masks.is_kept(roi, present) or self.saved_labels.is_kept(roi, present)
