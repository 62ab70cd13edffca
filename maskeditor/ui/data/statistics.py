"""The panel of statistics: what any image is like in each ROI, or in each label of an image of labels."""

from __future__ import annotations

from collections.abc import Callable

from PyQt6.QtCore import Qt

from maskeditor.engine.progress import Progress
from maskeditor.model.data.regions import Regions, regions_of_labels
from maskeditor.model.data.rois import regions_of_rois
from maskeditor.model.data.statistics import PERCENTILES, Statistics, intensities_of, statistics
from maskeditor.model.numbers_in_words import in_number, trimmed
from maskeditor.ui.data.declaration import DataEntry
from maskeditor.ui.data.live_table import MEAN, SHOWN, VOLUME, LiveTable, Wanted, choice, fill
from maskeditor.ui.panels.declaration import PanelDeclaration
from maskeditor.ui.work.editor import Editor

#: What statistics are of: the ROIs, or the image of labels of a name.
_ROIS, _LABELS = "rois", "labels:"
#: Columns that few look for: what is left out is said below, a click goes to the peak, and places are in mm.
_SPARED = (
    *("not_finite", *(f"percentile_{trimmed(percent)}" for percent in PERCENTILES)),
    *(f"{what}_{axis}" for what, axes in (("centre", "ijk"), ("peak", "ijkxyz")) for axis in axes),
)


class StatisticsPanel(LiveTable):
    """A row for each ROI or label; a click on it goes to its peak."""

    def __init__(self, editor: Editor) -> None:
        super().__init__(editor, "Statistics", _SPARED)
        self.regions = choice("In", "What there is a row for: the ROIs, or the labels of an image")
        self.frame = choice(*VOLUME)
        self.frame.addItems([MEAN, SHOWN])
        self.fields.addWidget(self.frame)
        self.fields.addWidget(self.regions)
        self.fields.addStretch(1)
        self.view.list.setToolTip("Click a row to go to its peak.")
        for box in (self.regions, self.frame):
            box.activated.connect(lambda _: self.renew())
        for signal in (editor.labels.changed, editor.preview_changed):
            signal.connect(self.renew)
        editor.viewer.changed.connect(self._follow_view)

    @property
    def follows_masks(self) -> bool:
        """Whether there is a row for each ROI."""
        return bool(self.regions.currentData() == _ROIS)

    def _follow_view(self, changed: frozenset[str]) -> None:
        if "frame" in changed and self.frame.currentText() == SHOWN:
            self.renew()

    def wanted(self) -> Wanted | None:
        """Return the statistics of the image and the regions that are chosen."""
        document = self._editor.document
        if document is None:
            return None
        labels = [(f"Labels of {name or 'the image'}", _LABELS + name) for name in self._editor.labels.names]
        fill(self.regions, [("ROIs", _ROIS), *labels])
        image, chosen = self.image.currentData(), self.regions.currentData()
        source = document.further_images().get(image, document.volume)
        self.frame.setVisible(source.frames > 1)
        frame = self.frame_of(source) if self.frame.currentText() == SHOWN else "mean"
        if chosen == _ROIS:
            session = self._editor.session
            assert session is not None
            preview = self._editor.previews.known_mask
            regions = regions_of_rois(session, image, preview)
            regions_key: object = (document.revision, preview, tuple((roi.id, roi.name) for roi in document.rois))
        else:
            regions_key, regions = self._labels(chosen)
        snapshot, roi = document.snapshot(), document.rois[0].id

        def work(progress: Progress) -> Statistics:
            scene = snapshot.scene(roi)
            values, scaled = intensities_of(scene, image, frame, progress.within(0, 0.3))
            return statistics(values, scaled, snapshot.volume.geometry, regions(), progress=progress.within(0.3, 1))

        return Wanted((id(document), image, source, frame, regions_key), work)

    def _labels(self, chosen: str) -> tuple[object, Callable[[], list[Regions]]]:
        name = chosen.removeprefix(_LABELS)
        viewer = self._editor.viewer
        shown = viewer.images[name] if name else viewer.labelled
        assert shown is not None
        volume, labels = shown.volume, shown.labels
        assert labels is not None

        def regions() -> list[Regions]:
            values = {number: labels.stored[labels.numbers == number] for number in labels.labels}
            names = {number: labels.name(number) for number in labels.labels}
            return [regions_of_labels(volume.stored_frame(0), values, names)]

        return (id(volume), id(labels)), regions

    def show_found(self, found: Statistics) -> None:
        """Show a row for each region, and below how many there are and what is doubtful."""
        count = in_number(len(found.table), "row")
        self.view.show_table(found.table, found.peaks, "  ·  ".join((count, *self.how_resampled())), found.findings)


PANEL = PanelDeclaration(
    id="statistics",
    title="Statistics",
    area=Qt.DockWidgetArea.BottomDockWidgetArea,
    order=10,
    make=StatisticsPanel,
    open=False,
)
DATA = DataEntry(
    id="statistics",
    text="&Statistics",
    order=10,
    tip="Show what an image is like in each ROI or label: size, mean, percentiles, centre of mass and peak.",
)
