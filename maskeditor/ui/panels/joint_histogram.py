"""The panel of the joint histogram: two intensities at once, and a region of them, set in the form that is pending."""

from __future__ import annotations

from typing import Any

import numpy as np
from PyQt6.QtCore import QSignalBlocker, Qt, QTimer
from PyQt6.QtGui import QShowEvent
from PyQt6.QtWidgets import (
    QButtonGroup,
    QComboBox,
    QHBoxLayout,
    QLabel,
    QToolButton,
    QVBoxLayout,
    QWidget,
)

from maskeditor.core.operation.declaration import Operation, find
from maskeditor.engine.arrays import Floats
from maskeditor.engine.box import Voxel
from maskeditor.model.joint_histogram import JointHistogram, JointRequest, JointSource
from maskeditor.model.numbers_in_words import in_number
from maskeditor.ui.look.dock_room import dock_of, take_room
from maskeditor.ui.look.elided_box import ElidedBox
from maskeditor.ui.look.elided_label import ElidedLabel
from maskeditor.ui.panels.declaration import PanelDeclaration
from maskeditor.ui.panels.joint_plot import Corners, JointPlot, Shape
from maskeditor.ui.work.editor import Editor

#: Milliseconds after the last change before pairs are counted again.
RECOUNTED = 120

GRADIENT = "Gradient per mm"
#: What a form of the operation has to say of what is counted.
SOURCE = JointSource._fields

_TIPS = {
    Shape.LASSO: "Draw round the cells to be taken",
    Shape.RECTANGLE: "Draw a rectangle from corner to corner",
    Shape.ELLIPSE: "Draw an ellipse from corner to corner of its box",
    Shape.SECTOR: "Draw a sector from its point outwards",
}


class JointHistogramPanel(QWidget):
    """Counts of pairs of intensities while it is seen, and a region among them.

    It has no change of its own: what is drawn is set in the pending form of `joint_histogram_region`, which is opened
    where none is, and what is typed there is drawn here.
    """

    def __init__(self, editor: Editor) -> None:
        super().__init__()
        self._editor = editor
        self._viewer = editor.viewer
        #: What was counted last.
        self.histogram: JointHistogram | None = None
        self._stale = True
        # Whether the part that is seen is that of the usual spans, and whether a form is just being set from here.
        self._is_whole = True
        self._is_setting = False
        # Whether the form of a region is pending: what it is drawn on is opened with it.
        self._is_pending = False
        # Whether one was when the drag began that the plot is in.
        self._was_pending = False
        self._has_room = False
        self.first = self._choice("First image", "The image whose intensities lie across")
        self.second = self._choice("Second image", "What lies upwards: the gradient of the first image, or another one")
        self.shapes = QButtonGroup(self)
        self.plot = JointPlot(self)
        self.plot.setAccessibleName("Joint histogram")
        self.values = ElidedLabel("Intensities and voxels")
        self.sentence = QLabel("Open an image to see its joint histogram")
        self.sentence.setAlignment(Qt.AlignmentFlag.AlignCenter)
        self._settle = QTimer(self)
        self._settle.setSingleShot(True)
        self._settle.setInterval(RECOUNTED)
        self._lay_out()
        self._connect()
        self._take_image()

    def _choice(self, title: str, tip: str) -> QComboBox:
        box = ElidedBox(self)
        box.setAccessibleName(title)
        box.setToolTip(tip)
        box.setSizeAdjustPolicy(QComboBox.SizeAdjustPolicy.AdjustToMinimumContentsLengthWithIcon)
        box.setMinimumContentsLength(4)
        return box

    def _lay_out(self) -> None:
        top = QHBoxLayout()
        top.addWidget(self.first, 1)
        top.addWidget(self.second, 1)
        row = QHBoxLayout()
        row.setSpacing(1)  # four stand beside one another in the narrowest column of panels
        for shape in Shape:
            button = QToolButton(self)
            button.setText(shape.capitalize())
            button.setToolTip(f"{_TIPS[shape]}. A drag inside the region moves it; after a click here, it draws anew.")
            button.setCheckable(True)
            button.setChecked(shape is self.plot.shape_drawn)
            button.clicked.connect(lambda _=False, shape=shape: self.plot.draw_shape(shape))
            self.shapes.addButton(button)
            row.addWidget(button)
        row.addStretch(1)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(4, 2, 4, 2)
        layout.addLayout(top)
        layout.addLayout(row)
        layout.addWidget(self.plot, 1)
        layout.addWidget(self.values)
        layout.addWidget(self.sentence, 1)

    def _connect(self) -> None:
        self._settle.timeout.connect(self._request)
        self.first.currentIndexChanged.connect(lambda _: self._choose_images())
        self.second.currentIndexChanged.connect(lambda _: self._choose_images())
        self.plot.drawn.connect(self._put)
        self.plot.pressed.connect(self._note_pending)
        self.plot.given_up.connect(self._put_back)
        self.plot.zoomed.connect(self._zoom)
        self.plot.zoomed_out.connect(self._zoom_out)
        self.plot.pointed.connect(self._say)
        self._editor.image_changed.connect(self._take_image)
        self._editor.document_changed.connect(self._follow_document)
        self._editor.pending.changed.connect(self._follow_form)
        self._editor.pending.set_otherwise.connect(self._follow_form)
        self._viewer.changed.connect(self._follow_view)

    # What is counted ----------------------------------------------------------------------------------------------

    @staticmethod
    def _operation() -> type[Operation]:
        return find("joint_histogram_region")

    def _values(self) -> dict[str, Any]:
        """Return what is set in the pending form, if it is that of a region."""
        change = self._editor.pending.change
        is_region = change is not None and change.fields.operation is self._operation()
        return change.fields.values() if change is not None and is_region else {}

    def source(self) -> JointSource:
        """Return what is counted: as the form says, else as is chosen here."""
        change = self._editor.pending.change
        asked = change.fields.asked() if change is not None and self._values() else None
        if asked is not None:
            return JointSource(*(getattr(asked[0], name) for name in SOURCE))
        return JointSource(self.first.currentData() or "", self.second.currentData())

    def _take_image(self) -> None:
        """Begin anew with another document."""
        self.plot.release()
        self.histogram, self._is_whole = None, True
        self.plot.show_histogram(None, (0, 0, 0))
        self.plot.show_region(())
        there = self._editor.document is not None
        self.plot.setVisible(there)
        self.sentence.setVisible(not there)
        self._follow_document()

    def _follow_document(self) -> None:
        document = self._editor.document
        names = document.image_names() if document is not None else ()
        listed = [("The open image", ""), *((name, name) for name in names)]
        for box, choices in ((self.first, listed), (self.second, [(GRADIENT, None), *listed])):
            if [box.itemText(place) for place in range(box.count())] != [title for title, _ in choices]:
                chosen = box.currentText()
                with QSignalBlocker(box):
                    box.clear()
                    for title, name in choices:
                        box.addItem(title, name)
                    box.setCurrentIndex(max(0, box.findText(chosen)))
        self._ask()

    def _ask(self) -> None:
        """Have pairs counted again soon; not while nobody sees them."""
        self._stale = True
        if self.isVisible():
            self._settle.start()

    def showEvent(self, event: QShowEvent | None) -> None:
        """Catch up with what changed meanwhile, and the first time take room for the cells from panels beside."""
        super().showEvent(event)
        if not self._has_room:
            self._has_room = True
            QTimer.singleShot(0, lambda: take_room(self, scrolls_others=True))
        if self._stale:
            self._settle.start()

    def _request(self) -> None:
        document = self._editor.document
        if document is None or not self._stale or not self.isVisible():
            return
        self._stale = False
        source, before = self.source(), self.histogram
        spans = None if self._is_whole or before is None or before.source != source else self.plot.spans()

        def show(histogram: JointHistogram) -> None:
            if (self._editor.document, self.source()) == (document, source):
                self._show_histogram(histogram)

        self._editor.image_lanes.joint_histogram(JointRequest(self._editor.scene(), source, spans, before), show)

    def _show_histogram(self, histogram: JointHistogram) -> None:
        before, self.histogram = self.histogram, histogram
        document = self._editor.document
        assert document is not None
        self.plot.show_histogram(histogram, document.roi(self._editor.active).colour)
        if before is None or before.source != histogram.source:
            self._is_whole = True
        if self._is_whole:
            self.plot.show_spans(histogram.usual)
        self._mark(self._viewer.state.crosshair)

    # What is seen -------------------------------------------------------------------------------------------------

    def _zoom(self) -> None:
        self._is_whole = False
        self._ask()

    def _zoom_out(self) -> None:
        if self.histogram is not None:
            self._is_whole = True
            self.plot.show_spans(self.histogram.usual)
            self._ask()

    def _follow_view(self, changed: frozenset[str]) -> None:
        if "crosshair" in changed:
            self._mark(self._viewer.state.crosshair)

    def point(self, voxel: Floats | None) -> None:
        """Mark where the voxel under the pointer, (3,) in parts of one, lies; without one, that under the crosshair."""
        document, place = self._editor.document, self._viewer.state.crosshair
        if document is not None and voxel is not None:
            i, j, k = np.floor(voxel + 0.5).astype(int).tolist()
            place = (i, j, k) if document.geometry.holds((i, j, k)) else place
        self._mark(place)

    def _mark(self, voxel: Voxel) -> None:
        if self.histogram is None or not self.isVisible():
            return
        pair = self.histogram.pair_at(self._editor.scene(), voxel)
        self.plot.show_place(pair)
        self._say(pair)

    def _say(self, pair: tuple[float, float] | None) -> None:
        if self.histogram is None or pair is None:
            self.values.setText("")
            return
        voxels = in_number(self.histogram.count_at(pair), "voxel")
        self.values.setText(f"{pair[0]:.5g}, {pair[1]:.5g}: {voxels} in the cell")

    # The region ---------------------------------------------------------------------------------------------------

    def _choose_images(self) -> None:
        """Count other images; a region that is pending is one of them then."""
        if self._values():
            self._set({"image": self.first.currentData(), "other": self.second.currentData()})
        self._ask()

    def _put(self, corners: Corners) -> None:
        """Set the region by hand, in the pending form or in one that is opened for it."""
        if self._values():
            self._set({"corners": corners})
            return
        values = self.source()._asdict() | {"corners": corners}
        if self._editor.pending.change is not None and self._editor.pending.change.is_by_hand:
            self.plot.release()  # a question takes the button's release
        self._is_setting = True
        try:
            begun = self._editor.pending.open_form(self._operation(), values)
        finally:
            self._is_setting = False
        if not begun:
            self.plot.show_region(())

    def _note_pending(self) -> None:
        self._was_pending = bool(self._values())

    def _put_back(self, corners: Corners) -> None:
        """Give up what a drag has set, or the form that it has opened."""
        if self._was_pending:
            self._set({"corners": corners})
        elif self._values():
            self._editor.pending.discard()
            self._editor.pending.close_form()

    def _set(self, values: dict[str, Any]) -> None:
        change = self._editor.pending.change
        assert change is not None
        self._is_setting = True
        try:
            change.fields.set_values(values, {})
        finally:
            self._is_setting = False

    def _follow_form(self) -> None:
        """Draw what the pending form says."""
        if self._is_setting:
            return
        values = self._values()
        if bool(values) != self._is_pending:
            self._is_pending = bool(values)
            dock = dock_of(self)
            if self._is_pending and dock is not None:
                dock.show()
                dock.raise_()
        try:
            corners = tuple((float(one), float(other)) for one, other in values.get("corners") or ())
        except (TypeError, ValueError):
            corners = ()  # what is typed is no region yet
        if not values and self.plot.corners:
            self.plot.release()  # within a drag, it was applied or put away
        self.plot.show_region(corners)
        if values:
            for box, name in ((self.first, values["image"]), (self.second, values["other"])):
                places = [place for place in range(box.count()) if box.itemData(place) == name]
                with QSignalBlocker(box):
                    box.setCurrentIndex(places[0] if places else 0)
        if self.histogram is not None and self.histogram.source != self.source():
            self._ask()


PANEL = PanelDeclaration(
    id="joint_histogram",
    title="Joint histogram",
    area=Qt.DockWidgetArea.RightDockWidgetArea,
    order=7,
    make=JointHistogramPanel,
    open=False,  # the other panels have its room until it is wanted
)
