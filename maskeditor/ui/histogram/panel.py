"""The histogram panel: a range of intensities, set on the plot or typed, becomes a threshold."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from PyQt6.QtCore import QSignalBlocker, Qt, QTimer
from PyQt6.QtGui import QColor, QKeySequence, QShortcut, QShowEvent
from PyQt6.QtWidgets import QCheckBox, QComboBox, QHBoxLayout, QLabel, QPushButton, QSizePolicy, QVBoxLayout, QWidget

from maskeditor.model.numbers_in_words import counted, volume_in_words
from maskeditor.ui.forms.number_field import NumberField
from maskeditor.ui.histogram.plot import HistogramPlot
from maskeditor.ui.look.elided_label import ElidedLabel
from maskeditor.ui.qt import mark_error
from maskeditor.ui.work.pending import Then, nothing

if TYPE_CHECKING:
    from maskeditor.core.operation.declaration import Operation
    from maskeditor.core.space.volume import FrameChoice
    from maskeditor.model.histogram import Histogram
    from maskeditor.model.view.viewer import Viewer
    from maskeditor.ui.work.editor import Editor

#: Milliseconds after the last change before voxels are counted again.
RECOUNTED = 80

#: What may be counted of a 4D image, by what it is called.
_VOLUMES = {"Mean of all volumes": "mean", "Volume shown": "shown"}


class HistogramPanel(QWidget):
    """Counts of intensities in the image and in the active mask, and a range among them, which is a pending change.

    It stands empty until `attach` gives it an editor and a viewer.
    """

    of_step = False

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._editor: Editor | None = None
        self._viewer: Viewer | None = None
        self._histogram: Histogram | None = None
        self._stale = True
        # What is wrong with the range, in words.
        self._problem = ""
        self.plot = HistogramPlot(self)
        self.frame = QComboBox(self)
        for text, which in _VOLUMES.items():
            self.frame.addItem(text, which)
        self.frame.setToolTip("Which volume of a 4D image is counted and thresholded")
        self.frame.setAccessibleName("Volume counted")
        self.frame.setSizeAdjustPolicy(QComboBox.SizeAdjustPolicy.AdjustToMinimumContentsLengthWithIcon)
        self.frame.setMinimumContentsLength(5)
        # As wide as its texts where there is room.
        self.frame.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Fixed)
        widest = max(self.frame.fontMetrics().horizontalAdvance(text) for text in _VOLUMES)
        self.frame.setMaximumWidth(widest + 40)
        self.frame.hide()
        self.log = QCheckBox("Log", self)
        self.log.setChecked(True)
        self.log.setToolTip("Counts on a logarithmic scale, so that small peaks are seen beside large ones")
        self.low, self.high = self._field(), self._field()
        self.combine = QComboBox(self)
        self.selected = QLabel(self)
        self.changes = QLabel(self)
        for label in (self.selected, self.changes):
            label.setSizePolicy(QSizePolicy.Policy.Ignored, QSizePolicy.Policy.Preferred)
        self.changes.setProperty("quiet", True)
        self.apply_button = QPushButton("Apply", self)
        self.apply_button.setToolTip("Make this threshold one step (Enter)")
        self.reset_button = QPushButton("Reset", self)
        self.reset_button.setToolTip("Take the range away, with its preview")
        for button in (self.apply_button, self.reset_button):
            button.setMinimumWidth(button.fontMetrics().horizontalAdvance("Reset") + 14)
        self._lay_out()
        self._settle = QTimer(self)
        self._settle.setSingleShot(True)
        self._settle.setInterval(RECOUNTED)
        self._connect()
        self._show_state()

    def _field(self) -> NumberField:
        field = NumberField(blank="none", parent=self)
        field.setMaximumWidth(140)
        return field

    def _lay_out(self) -> None:
        top = QHBoxLayout()
        top.setSpacing(3)
        # Bold letters are wider than the average.
        heading = ElidedLabel("Histogram", least=len("Histogram") + 3, parent=self)
        heading.setText("Histogram")
        heading.setProperty("heading", True)
        top.addWidget(heading, 1)
        top.addWidget(self.frame, 9)
        for widget in (self.combine, self.log):
            top.addWidget(widget)
        bounds = QHBoxLayout()
        for text, field in (("From", self.low), ("to", self.high)):
            label = QLabel(text, self)
            label.setBuddy(field)
            bounds.addWidget(label)
            bounds.addWidget(field, 1)
        bounds.addStretch(0)
        counts = QVBoxLayout()
        counts.setSpacing(0)
        counts.addWidget(self.selected)
        counts.addWidget(self.changes)
        bottom = QHBoxLayout()
        bottom.addLayout(counts, 1)
        bottom.addWidget(self.reset_button)
        bottom.addWidget(self.apply_button)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(6, 4, 6, 6)
        layout.setSpacing(4)
        layout.addLayout(top)
        layout.addWidget(self.plot, 1)
        layout.addLayout(bounds)
        layout.addLayout(bottom)

    def _connect(self) -> None:
        self._settle.timeout.connect(self._request)
        self.log.toggled.connect(self.plot.set_log)
        self.frame.currentIndexChanged.connect(self._change_frame)
        self.plot.range_dragged.connect(self._take_dragged)
        self.plot.window_dragged.connect(self._take_window)
        self.low.valueChanged.connect(self._take_typed)
        self.high.valueChanged.connect(self._take_typed)
        self.combine.currentIndexChanged.connect(self.renew)
        self.apply_button.clicked.connect(lambda: self.apply())
        self.reset_button.clicked.connect(self.reset)
        for key in (Qt.Key.Key_Return, Qt.Key.Key_Enter):
            shortcut = QShortcut(QKeySequence(key), self, context=Qt.ShortcutContext.WidgetWithChildrenShortcut)
            shortcut.activated.connect(lambda: self.apply())

    def attach(self, editor: Editor, viewer: Viewer) -> None:
        """Connect the panel with what it shows and changes."""
        self._read_declaration()
        self._editor, self._viewer = editor, viewer
        editor.preview_changed.connect(self._show_state)
        editor.image_changed.connect(self._image_changed)
        editor.document_changed.connect(self._document_changed)
        viewer.changed.connect(self._view_changed)
        self._image_changed()

    def _read_declaration(self) -> None:
        """Name, explain and fill what stands for a parameter of the threshold; not before it takes no time."""
        from maskeditor.ops.threshold import Threshold
        from maskeditor.ui.forms.field import title_of

        declared = {parameter.name: parameter for parameter in Threshold.parameters()}
        for widget, name in ((self.low, "lower"), (self.high, "upper"), (self.combine, "combine")):
            widget.setAccessibleName(declared[name].title)
            widget.setToolTip(declared[name].description)
        combine = declared["combine"]
        with QSignalBlocker(self.combine):
            for choice in combine.choices:
                self.combine.addItem(title_of(choice), choice)
            self.combine.setCurrentIndex(self.combine.findData(combine.default))

    # What is counted ----------------------------------------------------------------------------------------------

    def _image_changed(self) -> None:
        assert self._editor is not None
        document = self._editor.document
        self._histogram = None
        self.plot.show_range(None)
        self.plot.empty_text = "Counting …" if document else "Open an image to see its histogram"
        self.plot.show_histogram(None)
        self.frame.setVisible(document is not None and document.volume.frames > 1)
        self._view_changed(frozenset({"window"}))
        self._fill_fields()
        self._document_changed()

    def _document_changed(self) -> None:
        assert self._editor is not None
        document = self._editor.document
        if document is not None:
            self.plot.show_colour(QColor(*document.roi(self._editor.active).colour))
        self._ask()
        self._show_state()

    def _view_changed(self, changed: frozenset[str]) -> None:
        assert self._viewer is not None
        if "window" in changed:
            self.plot.show_window(self._viewer.state.window if self._viewer.volume is not None else None)
        if "frame" in changed and self.frame.currentData() == "shown" and self.frame.isVisibleTo(self):
            self._change_frame()

    def _change_frame(self) -> None:
        self._histogram = None
        self._ask()
        self.renew()

    @property
    def _counted_frame(self) -> FrameChoice:
        assert self._viewer is not None
        return "mean" if self.frame.currentData() == "mean" else self._viewer.state.frame

    def _ask(self) -> None:
        """Have it counted again soon; not while nobody sees it."""
        self._stale = True
        if self.isVisible():
            self._settle.start()

    def showEvent(self, event: QShowEvent | None) -> None:
        """Catch up with what changed meanwhile."""
        super().showEvent(event)
        if self._stale:
            self._settle.start()

    def _request(self) -> None:
        if self._editor is None or self._editor.document is None or not self._stale:
            return
        from maskeditor.model.histogram import HistogramRequest

        self._stale = False
        request = HistogramRequest(self._editor.scene(), self._counted_frame, self._histogram)
        document = self._editor.document

        def show(histogram: Histogram) -> None:
            # Another image or volume may have been chosen since.
            if self._editor is not None and (self._editor.document, self._counted_frame) == (document, request.frame):
                self._show_histogram(histogram)

        self._editor.image_lanes.histogram(request, show)

    def _show_histogram(self, histogram: Histogram) -> None:
        first = self.plot.bars is None
        self._histogram = histogram
        self.plot.show_histogram(histogram, keep_zoom=not first)
        span = histogram.maximum - histogram.minimum
        step = max(histogram.step, histogram.on_step(histogram.minimum + span / 200) - histogram.minimum)
        for field in (self.low, self.high):
            field.setSingleStep(step)
        self._show_state()

    # The range ----------------------------------------------------------------------------------------------------

    def operation(self) -> Operation | None:
        """Return the threshold as it is set; None without a range, or when the range is empty."""
        self._problem = ""
        if self.plot.bounds is None:
            return None
        from maskeditor.core.errors import ParameterError
        from maskeditor.core.operation.declaration import make

        lower, upper = self.plot.bounds
        values: dict[str, Any] = {"lower": lower, "upper": upper, "combine": self.combine.currentData()}
        if self.frame.isVisibleTo(self):
            values["frame"] = self._counted_frame
        try:
            return make("threshold", values)
        except ParameterError as error:
            self._problem = str(error).removeprefix("threshold: ")
            return None

    @property
    def is_by_hand(self) -> bool:
        """Whether there is a range."""
        return self.plot.bounds is not None

    is_due = is_by_hand

    def describe(self) -> str:
        """Return the threshold in words."""
        operation = self.operation()
        return operation.summary() if operation is not None else "The range of the histogram"

    def apply(self, then: Then = nothing) -> None:
        """Make the threshold a step."""
        operation = self.operation()
        if self._editor is None or operation is None or not self._editor.pending.begin(self):
            return

        def done() -> None:
            self.put_away()
            then()

        self._editor.apply(operation, then=done)

    def reset(self) -> None:
        """Take the range away, with its preview."""
        self._problem = ""
        self.plot.show_range(None)
        self._fill_fields()
        if self._editor is not None and self._editor.pending.change is self:
            self._editor.pending.end(self)
            self._editor.hide_preview()
        self._show_state()

    put_away = reset

    def _take_dragged(self) -> None:
        assert self._editor is not None
        if self._editor.pending.would_ask(self):
            # The question takes the button's release.
            self.plot.release()
        self._fill_fields()
        self._begin()

    def _take_typed(self) -> None:
        bounds = (self.low.number(), self.high.number())
        if bounds == (None, None):
            self.put_away()
        else:
            self.plot.show_range(bounds)
            self._begin()

    def _take_window(self, low: float, high: float) -> None:
        if self._viewer is not None:
            self._viewer.set_window(low, high)

    def _fill_fields(self) -> None:
        bounds = self.plot.bounds or (None, None)
        for field, bound in zip((self.low, self.high), bounds, strict=True):
            with QSignalBlocker(field):
                field.set_number(bound)

    def _begin(self) -> None:
        assert self._editor is not None
        if self._editor.pending.begin(self):
            self.renew()
        else:
            self.put_away()

    def renew(self) -> None:
        """Preview the threshold as it is set."""
        if self._editor is not None and self._editor.pending.change is self:
            operation = self.operation()
            if operation is None:
                self._editor.hide_preview()
            else:
                self._editor.preview(operation)
        self._show_state()

    # Words --------------------------------------------------------------------------------------------------------

    def _show_state(self) -> None:
        document = self._editor.document if self._editor is not None else None
        some = document is not None and self.plot.bounds is not None
        for widget in (self.low, self.high, self.combine, self.log, self.frame):
            widget.setEnabled(document is not None)
        self.apply_button.setEnabled(some and not self._problem)
        self.reset_button.setEnabled(some)
        if document is None or self.plot.bounds is None or self._histogram is None:
            self.selected.setText("")
            self._say("")
            return
        number = self._histogram.between(*self.plot.bounds)
        about = "" if self._histogram.is_exact else "≈ "
        voxel = document.geometry.voxel_volume
        self.selected.setText(f"{about}{counted(number)} voxels, {volume_in_words(number * voxel)}")
        assert self._editor is not None
        state = self._editor.preview_state if self._editor.pending.change is self else None
        if self._problem or state is None:
            self._say(self._problem, bool(self._problem))
        else:
            self._say(state.in_words(), bool(state.error))

    def _say(self, text: str, error: bool = False) -> None:
        self.changes.setText(text)
        self.changes.setToolTip(text)
        mark_error(self.changes, error)
