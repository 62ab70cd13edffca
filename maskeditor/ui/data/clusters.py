"""The panel of clusters: those of a statistical map beyond a threshold, live while that is moved."""

from __future__ import annotations

import math

import numpy as np
from PyQt6.QtCore import QSignalBlocker, Qt
from PyQt6.QtWidgets import QCheckBox, QLabel, QPushButton

from maskeditor.core.operation.declaration import Operation, make
from maskeditor.core.operation.scene import Scene
from maskeditor.core.space.volume import FrameChoice
from maskeditor.engine.progress import Progress
from maskeditor.model.data.clusters import DISTANCE, Clusters, clusters_table
from maskeditor.model.data.followed import Followed, followed
from maskeditor.model.data.statistics import frame_in_words, intensities_of
from maskeditor.model.new_rois import NewRoi
from maskeditor.model.numbers_in_words import in_brief, in_number
from maskeditor.ui.data.declaration import DataEntry
from maskeditor.ui.data.live_table import MEAN, SHOWN, VOLUME, LiveTable, Wanted, choice
from maskeditor.ui.forms.number_field import NumberField
from maskeditor.ui.panels.declaration import PanelDeclaration
from maskeditor.ui.work.editor import Editor
from maskeditor.ui.work.labels import sentence_of


class ClustersPanel(LiveTable):
    """A row for each peak; a click goes there, and ROIs are made of the clusters that are chosen."""

    def __init__(self, editor: Editor) -> None:
        super().__init__(editor, "Clusters")
        self._found: Clusters | None = None
        self._followed: Followed | None = None
        # Image and volumes that the table is asked for, and those that the one that is shown is of.
        self._asked_of: tuple[str, FrameChoice] = ("", "mean")
        self._of: tuple[str, FrameChoice] = ("", "mean")
        self.follow = QCheckBox("Follow")
        self.follow.setChecked(True)
        self.follow.setToolTip("Take the threshold of the step that is pending, or else of the overlay")
        self.threshold = NumberField(brief=True)
        self.threshold.setAccessibleName("Threshold")
        self.threshold.setToolTip(
            "Clusters lie above it, or below it if it is negative; one that is typed follows no more"
        )
        self.threshold.set_number(3.0)
        self.both = QCheckBox("Both signs")
        self.both.setToolTip("Clusters below the negative of the threshold too")
        self.minimum = NumberField(digits=0)
        self.minimum.setMinimum(0)
        self.minimum.setAccessibleName("Minimum size")
        self.minimum.setToolTip("Voxels that a cluster has at least")
        for widget in (self.follow, QLabel("Threshold"), self.threshold, self.both, QLabel("At least"), self.minimum):
            self.fields.addWidget(widget)
        self.fields.addWidget(QLabel("voxels"))
        self.frame = choice(*VOLUME)
        self.frame.addItems([SHOWN, MEAN])
        self.frame.activated.connect(lambda _: self.renew())
        self.fields.insertWidget(1, self.frame)
        self.fields.addStretch(1)
        self.make_button = QPushButton("Make ROI")
        self.make_button.setToolTip("Make an ROI of each cluster that is chosen (Ctrl or Shift and click: several)")
        self.make_button.clicked.connect(lambda _: self._make())
        self.view.line.insertWidget(1, self.make_button)
        self.view.list.setToolTip("Click a row to go to the peak.")
        self.threshold.valueChanged.connect(self._set_by_hand)
        self.both.toggled.connect(self._set_by_hand)
        self.follow.toggled.connect(lambda _: self.renew())
        self.minimum.valueChanged.connect(lambda _: self.renew())
        for signal in (editor.pending.changed, editor.pending.set_otherwise, editor.jobs.busy_changed):
            signal.connect(self.renew)
        editor.viewer.changed.connect(self._follow_view)

    def _follow_view(self, changed: frozenset[str]) -> None:
        if changed & {"displays", "frame"}:
            self.renew()

    def _set_by_hand(self) -> None:
        with QSignalBlocker(self.follow):
            self.follow.setChecked(False)
        self.renew()

    def _begins_with(self, names: list[str]) -> str:
        """Return the map: what lies over the image, where there is one."""
        return super()._begins_with(names) or self.image.currentData() or names[-1]

    def wanted(self) -> Wanted | None:
        """Return the clusters of the map that is chosen, beyond the threshold that is followed or typed."""
        document = self._editor.document
        self.make_button.setEnabled(bool(self._found) and not self._editor.jobs.busy)
        if document is None:
            return None
        image = self.image.currentData()
        source = document.further_images().get(image, document.volume)
        self.frame.setVisible(source.frames > 1)
        frame = self.frame_of(source) if self.frame.currentText() == SHOWN else "mean"
        self._asked_of = (image, frame)
        self._followed = followed(self._pending(), self._editor.viewer.display(image), image)
        used = self._followed if self.follow.isChecked() else None
        threshold = used.threshold if used is not None else self.threshold.value()
        two_sided = used.two_sided if used is not None else self.both.isChecked()
        step = used.step if used is not None else None
        if step is not None and step.cluster_threshold:
            with QSignalBlocker(self.minimum):
                self.minimum.set_number(step.cluster_threshold)
        minimum = int(self.minimum.value())
        self._show_fields(threshold, two_sided)
        if two_sided and threshold is not None and threshold < 0:
            two_sided = False
        snapshot, roi = document.snapshot(), self._editor.active

        def work(progress: Progress) -> Clusters:
            scene = snapshot.scene(roi)
            beyond = threshold if threshold is not None else _found_by(step, scene, progress.within(0, 0.3))
            values, scaled = intensities_of(scene, image, frame, progress.within(0.3, 0.5))
            geometry, report = scene.geometry, progress.within(0.5, 1)
            return clusters_table(values, scaled, geometry, beyond, two_sided, minimum, DISTANCE, report)

        # A step that tests the mask depends on it; all other tables do not.
        mask = (roi, document.revision) if step is not None and step.tested == "mask" else None
        return Wanted((id(document), image, source, frame, threshold, two_sided, minimum, step, mask), work)

    def _pending(self) -> Operation | None:
        change = self._editor.pending.change
        asked = change.fields.asked() if change is not None else None
        return asked[0] if asked is not None else None

    def _show_fields(self, threshold: float | None, two_sided: bool) -> None:
        """Show what is followed in the fields."""
        with QSignalBlocker(self.threshold), QSignalBlocker(self.both):
            if threshold is not None:
                self.threshold.set_number(threshold)
            self.both.setChecked(two_sided)

    def show_found(self, found: Clusters) -> None:
        """Show a row for each peak."""
        self._found, self._of = found, self._asked_of
        if math.isfinite(found.threshold):
            with QSignalBlocker(self.threshold):
                self.threshold.set_number(found.threshold)
        used = self._followed if self.follow.isChecked() else None
        source = f", of {used.source}" if used is not None else ""
        count = in_number(sum(size is not None for size in found.table["voxels"]), "cluster")
        words = (
            [f"{count} beyond {in_brief(found.threshold)}{source}", *found.findings] if found.voxels else found.findings
        )
        if self.frame.isVisibleTo(self):
            words = [*words, f"Of {frame_in_words(self._of[1])}."]
        self.view.show_table(found.table, found.voxels, "  ·  ".join((*words, *self.how_resampled())))
        self.make_button.setEnabled(bool(found.voxels) and not self._editor.jobs.busy)

    def _make(self) -> None:
        """Make an ROI of each cluster that is chosen: what hangs together with its peak beyond the threshold."""
        found, document = self._found, self._editor.document
        if found is None or document is None:
            return
        image, frame = self._of
        made: dict[str, NewRoi] = {}
        for row in self.view.rows:
            number = str(found.table["cluster_id"][row]).rstrip("abc")
            value, voxel = found.table["peak"][row], found.voxels[row]
            bounds = _bounds(found.threshold, float(value or 0))
            operation = make("region_grow", {"image": image, "frame": frame, "seed": voxel, **bounds})
            made.setdefault(number, NewRoi(f"cluster {number}", (operation,)))
        if made:
            title = f"ROI of {in_number(len(made), 'cluster')}"
            self._editor.bringing_in.rois(list(made.values()), title, sentence_of(made.values()), fill=True)


def _found_by(step: Operation | None, scene: Scene, progress: Progress) -> float:
    """Return the threshold that a step finds; infinite where nothing is significant."""
    found = step.found(scene, progress) if step is not None else ()
    return found[-1].value if found else math.inf


def _bounds(threshold: float, value: float) -> dict[str, float]:
    """Return the range that a cluster lies in, which holds no voxel that equals the threshold."""
    if value >= 0 and threshold >= 0:
        return {"lower": float(np.nextafter(threshold, math.inf))}
    return {"upper": float(np.nextafter(-abs(threshold), -math.inf))}


PANEL = PanelDeclaration(
    id="clusters",
    title="Clusters",
    area=Qt.DockWidgetArea.BottomDockWidgetArea,
    order=11,
    make=ClustersPanel,
    open=False,
)
DATA = DataEntry(
    id="clusters",
    text="&Clusters",
    order=20,
    tip="Show the clusters of a statistical map and their peaks, live with the threshold.",
)
