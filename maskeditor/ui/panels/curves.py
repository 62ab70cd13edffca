"""The panel of curves: what the voxel under the crosshair and the ROIs do over time, and profiles along a line."""

from __future__ import annotations

from contextlib import suppress

import numpy as np
from PyQt6.QtCore import Qt
from PyQt6.QtGui import QGuiApplication, QShowEvent
from PyQt6.QtWidgets import QCheckBox, QComboBox, QLabel, QPushButton, QVBoxLayout, QWidget

from maskeditor.core.history.document import Document, Move
from maskeditor.core.operation.conditions import Conditions
from maskeditor.core.space.geometry import Plane
from maskeditor.core.space.mask import Colour, Roi
from maskeditor.core.space.volume import Volume
from maskeditor.engine.arrays import Floats
from maskeditor.engine.errors import MaskEditorError
from maskeditor.model.label_colours import colour_of
from maskeditor.model.numbers_in_words import in_number
from maskeditor.model.time_courses import Curve, MeanCourses, Span, as_text, course_at, spans_of
from maskeditor.ui.look.elided_label import ElidedLabel
from maskeditor.ui.look.flowing import FlowingRow
from maskeditor.ui.panels.condition_legend import ConditionLegend
from maskeditor.ui.panels.conditions_button import ConditionsButton
from maskeditor.ui.panels.curve_plot import CurvePlot
from maskeditor.ui.panels.declaration import PanelDeclaration
from maskeditor.ui.qt import sure
from maskeditor.ui.work.editor import Editor

#: What can be shown: the course over time, or the line through the crosshair that runs along a direction of the head.
OVER_TIME = "Over time"
LINES = {"Across (left–right)": 0, "Down (back–front)": 1, "Through (foot–head)": 2}
ONE_VOLUME = "The image has one volume, so nothing changes over time; choose a line through the crosshair instead."
NO_TIME = "The header states no time between volumes, or none with a unit; the volumes are counted."
#: Of the view, what changes the curves; a mean over time is of a profile alone.
CHANGES = frozenset({"crosshair", "frame", "volume", "mean"})
#: What times are counted in.
SECONDS = "seconds"


class CurvesPanel(QWidget):
    """Draws the chosen curves while it is seen, and copies them as text."""

    def __init__(self, editor: Editor) -> None:
        super().__init__()
        self._editor = editor
        self._viewer = editor.viewer
        self._before = editor.viewer.state
        self._document: Document | None = None
        self._means: MeanCourses | None = None
        #: The courses that are being worked out, each with how often its mask has changed.
        self._asked: tuple[tuple[str, int], ...] = ()
        self._x: Floats = np.zeros(0)
        self._x_title = ""
        self._curves: list[Curve] = []
        #: When the conditions held that are shaded, in volumes.
        self._spans: tuple[Span, ...] = ()
        # What they were worked out of, and what is shaded.
        self._noted: tuple[Conditions, Volume, tuple[Span, ...]] | None = None
        self._shaded: tuple[float, tuple[Span, ...]] = (1.0, ())
        self.what = QComboBox()
        self.what.setAccessibleName("Curves")
        self.what.setToolTip("The course over time, or the line of voxels through the crosshair along an axis.")
        self.what.addItems([OVER_TIME, *LINES])
        self.seconds = QCheckBox("Seconds")
        self.values = ElidedLabel("Values at the line")
        self.copy_button = QPushButton("Copy")
        self.copy_button.setToolTip("Copy the values as text, a column for each curve.")
        self.plot = CurvePlot()
        self.plot.setAccessibleName("Curves")
        self.sentence = QLabel(ONE_VOLUME)
        self.sentence.setWordWrap(True)
        self.sentence.setAlignment(Qt.AlignmentFlag.AlignCenter)
        self.events = ConditionsButton(editor)
        self.legend = ConditionLegend()
        top = FlowingRow()
        for widget in (self.what, self.seconds, self.events, self.values, self.copy_button):
            top.addWidget(widget, int(widget is self.values))
        layout = QVBoxLayout(self)
        layout.setContentsMargins(6, 2, 6, 2)
        layout.addLayout(top)
        layout.addWidget(self.legend)
        layout.addWidget(self.plot, 1)
        layout.addWidget(self.sentence, 1)
        sure(self.plot.addAction("Copy the values")).triggered.connect(lambda _: self.copy())
        self.plot.setContextMenuPolicy(Qt.ContextMenuPolicy.ActionsContextMenu)
        self.what.currentIndexChanged.connect(lambda _: self._show())
        self.seconds.toggled.connect(lambda _: self._show())
        self.copy_button.clicked.connect(lambda _: self.copy())
        self.plot.gone_to.connect(self._go_to)
        self.plot.pressed.connect(self._note_place)
        self.plot.given_up.connect(self._go_back)
        editor.image_changed.connect(self._take_image)
        editor.document_changed.connect(self._show)
        editor.noting.changed.connect(self._show)
        self._viewer.changed.connect(self._follow)
        self._show()

    # What there is ------------------------------------------------------------------------------------------------

    @property
    def _is_over_time(self) -> bool:
        return self.what.currentText() == OVER_TIME

    @property
    def _axis(self) -> int:
        """The voxel axis of the chosen line."""
        across, down, through = self._viewer.plane_map(Plane.AXIAL).axes
        return (across, down, through)[LINES[self.what.currentText()]]

    @property
    def _seconds_each(self) -> float:
        return self._document.volume.repetition_time if self._document is not None else 0.0

    def _take_image(self) -> None:
        """Begin anew with another document."""
        self.plot.release()
        if self._document is not None:
            self._document.moved.disconnect(self._forget)
        self._document = self._editor.document
        self._means, self._asked = None, ()
        if self._document is not None:
            self._document.moved.connect(self._forget)
            self._means = MeanCourses(self._document.volume)
        self.seconds.setEnabled(self._seconds_each > 0)
        each = self._seconds_each
        self.seconds.setToolTip(
            f"Show seconds, {each:g} from one volume to the next, in place of volumes." if each else NO_TIME
        )
        self._show()

    def _forget(self, move: Move) -> None:
        if self._means is not None:
            self._means.forget(move.boxes)
            # Whoever shows the document may have heard of the move before.
            self._show()

    def _follow(self, changed: frozenset[str]) -> None:
        if changed == {"frame"} and self._is_over_time:
            self._show_place()
        elif changed & CHANGES:
            self._show()

    def showEvent(self, event: QShowEvent | None) -> None:
        """Draw what has changed since it was seen last."""
        super().showEvent(event)
        self._show()

    # What is drawn ------------------------------------------------------------------------------------------------

    def _show(self) -> None:
        """Draw the curves of now, if anybody sees them."""
        document, volume = self._document, self._viewer.volume
        # Another image may be looked at already, while it is read.
        there = document is not None and volume is document.volume
        is_flat = there and self._is_over_time and document is not None and document.volume.frames == 1
        self.sentence.setVisible(is_flat)
        self.plot.setVisible(not is_flat)
        for widget in (self.seconds, self.events):
            widget.setVisible(self._is_over_time and not is_flat)
        self.copy_button.setEnabled(there and not is_flat)
        if not self.isVisible():
            return
        self._x, self._x_title, self._curves, self._spans = np.zeros(0), "", [], ()
        if there and document is not None and not is_flat:
            if self._is_over_time:
                self._gather_courses(document)
            else:
                self._gather_profile(document)
        self.plot.show_curves(self._x, self._curves)
        self._shade()
        self._show_place()

    def _shade(self) -> None:
        """Shade when the conditions held, each in a colour of its own."""
        each = float(self._x[1] - self._x[0]) if len(self._x) > 1 else 1.0
        if self._shaded == (each, self._spans):
            return
        self._shaded = (each, self._spans)
        # (The first colour is that of the first ROI.)
        names = dict.fromkeys(span.name for span in self._spans)
        colours = {name: colour_of(place) for place, name in enumerate(names, 2)}
        parts: dict[Colour, list[tuple[float, float]]] = {colour: [] for colour in colours.values()}
        for span in self._spans:
            parts[colours[span.name]].append((each * span.start, each * span.end))
        self.plot.shade(parts)
        self.legend.show_colours(colours)

    def _spans_of(self, volume: Volume) -> tuple[Span, ...]:
        """Return when the noted conditions held; worked out once, as the crosshair moves on."""
        conditions = self._editor.noting.notes.conditions
        if self._noted is None or self._noted[0] is not conditions or self._noted[1] is not volume:
            spans: tuple[Span, ...] = ()
            with suppress(MaskEditorError):  # noted of another header or by another hand
                spans = spans_of(conditions, volume.frames, volume.repetition_time)
            self._noted = (conditions, volume, spans)
        return self._noted[2]

    def _gather_courses(self, document: Document) -> None:
        assert self._means is not None
        volume, crosshair = document.volume, self._viewer.state.crosshair
        in_seconds = self.seconds.isChecked() and self._seconds_each > 0
        self._x = (self._seconds_each if in_seconds else 1.0) * np.arange(volume.frames, dtype=np.float64)
        self._x_title = SECONDS if in_seconds else "volume"
        self._spans = self._spans_of(volume)
        self._curves = [Curve(f"voxel {', '.join(map(str, crosshair))}", course_at(volume, crosshair))]
        rois = self._drawn(document)
        for roi in rois:
            course = self._means.get(roi.id)
            if course is not None:
                self._curves.append(Curve(roi.name, course, roi.colour))
        self._ask(document, rois)

    @staticmethod
    def _drawn(document: Document) -> list[Roi]:
        """Return the ROIs that have a mean course, and are seen."""
        return [roi for roi in document.rois if roi.visible and document.voxels(roi.id)]

    def _ask(self, document: Document, rois: list[Roi]) -> None:
        """Have the courses worked out that are not known."""
        means = self._means
        assert means is not None
        missing = means.missing(roi.id for roi in rois)
        if not missing or missing == self._asked:
            return
        self._asked = missing

        def done(_: None) -> None:
            if self._means is means:
                self._asked = ()
                self._show()

        masks = {roi: document.mask(roi).copy() for roi, _ in missing}
        self._editor.image_lanes.courses(means.work(masks), done)

    def _gather_profile(self, document: Document) -> None:
        axis, crosshair = self._axis, self._viewer.state.crosshair
        values = self._viewer.profile(axis)
        self._x = np.arange(len(values), dtype=np.float64)
        self._x_title = f"axis {axis}, towards {document.geometry.axis_codes[axis]}: voxel"
        places = (":" if place == axis else str(at) for place, at in enumerate(crosshair))
        self._curves = [Curve(f"line {', '.join(places)}", values)]

    def _show_place(self) -> None:
        """Put the line at the volume shown, or at the crosshair, and say what the curves have there."""
        state = self._viewer.state
        place = None
        if self._curves:
            place = state.frame if self._is_over_time else state.crosshair[self._axis]
        if not isinstance(place, int):
            self.plot.show_place(None)
            self.values.setText("")
            return
        self.plot.show_place(float(self._x[place]))
        held = dict.fromkeys(span.name for span in self._spans if span.start <= place < span.end)
        within = f" ({', '.join(held)})" if held else ""
        number = f"{self._x[place]:g}"
        # The box beside it names the seconds.
        here = (f"at {number} s" if self._x_title == SECONDS else f"{self._x_title} {number}") + within
        self.values.setText(
            "  ·  ".join((here, *(f"{curve.title}: {curve.values[place]:.5g}" for curve in self._curves)))
        )

    # What is done -------------------------------------------------------------------------------------------------

    def _go_to(self, x: float) -> None:
        """Show the volume at a place on the axis, or move the crosshair there."""
        if not self._curves:
            return
        place = int(np.argmin(np.abs(self._x - x)))
        if self._is_over_time:
            self._viewer.set_frame(place)
        else:
            voxel = list(self._viewer.state.crosshair)
            voxel[self._axis] = place
            self._viewer.set_crosshair((voxel[0], voxel[1], voxel[2]))

    def _note_place(self) -> None:
        self._before = self._viewer.state

    def _go_back(self) -> None:
        """Be where the line was before it was dragged."""
        if self._before.crosshair != self._viewer.state.crosshair:
            self._viewer.set_crosshair(self._before.crosshair)
        if self._before.frame != self._viewer.state.frame:
            self._viewer.set_frame(self._before.frame)

    def copy(self) -> None:
        """Put the values of all curves on the clipboard."""
        if not self._curves:
            return
        sure(QGuiApplication.clipboard()).setText(as_text(self._x_title, self._x, self._curves))
        due = " The means that are still worked out are not among them." if self._asked and self._is_over_time else ""
        self._editor.say(
            f"Copied {in_number(len(self._x), 'value')} of {', '.join(curve.title for curve in self._curves)} to the "
            f"clipboard.{due}"
        )


PANEL = PanelDeclaration(
    id="curves",
    title="Time and profile",
    area=Qt.DockWidgetArea.BottomDockWidgetArea,
    order=6,
    make=CurvesPanel,
    open=False,  # the planes have its room until it is wanted
)
