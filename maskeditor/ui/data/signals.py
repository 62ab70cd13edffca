"""The panel of signals: taken of ROIs, labels or seeds as nilearn takes them, drawn at once, and saved."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np
from PyQt6.QtCore import QSize, Qt
from PyQt6.QtGui import QGuiApplication, QShowEvent
from PyQt6.QtWidgets import (
    QComboBox,
    QDoubleSpinBox,
    QFileDialog,
    QFormLayout,
    QHBoxLayout,
    QLabel,
    QPushButton,
    QTabWidget,
    QToolButton,
    QVBoxLayout,
    QWidget,
)

from maskeditor.engine.errors import MaskEditorError
from maskeditor.io import formats
from maskeditor.io.conditions import ENDINGS as TABLES
from maskeditor.io.save import write_text
from maskeditor.model.data.asked import SignalsAsked, SignalsTaken, label_images_in, series_in, work_on
from maskeditor.model.data.box_plot import condition_colours, drawing
from maskeditor.model.data.signal_files import ENDINGS, PLOT_ENDING, SUFFIX, save_signals, table_of
from maskeditor.model.data.signal_parameters import ConfoundParameters, SignalParameters
from maskeditor.model.label_colours import colour_of
from maskeditor.model.numbers_in_words import in_number
from maskeditor.model.time_courses import Curve
from maskeditor.ui.data.box_plot import BoxPlot
from maskeditor.ui.data.declaration import DataEntry
from maskeditor.ui.files.names import beside_image
from maskeditor.ui.forms.form import OperationForm
from maskeditor.ui.look.flowing import FlowingRow, TurningSplitter
from maskeditor.ui.look.scrolled import Scrolled
from maskeditor.ui.look.tab_order import tab_before
from maskeditor.ui.panels.condition_legend import ConditionLegend
from maskeditor.ui.panels.conditions_button import ConditionsButton
from maskeditor.ui.panels.curve_plot import CurvePlot
from maskeditor.ui.panels.declaration import PanelDeclaration
from maskeditor.ui.panels.form_context import surroundings_of
from maskeditor.ui.qt import sure
from maskeditor.ui.work.editor import Editor

ALL_ROIS = "All ROIs"
NO_SERIES = "Signals are taken over time, but no image that is open has several volumes; open a series (4D)."
#: What stands in the plot before.
NOT_YET = "Take signals draws them here."
#: Curves beyond which a plot cannot be read; tables hold all.
MOST_DRAWN = 20


class SignalsPanel(QWidget):
    """Takes signals when asked to, and shows, copies and saves those that were taken."""

    def __init__(self, editor: Editor) -> None:
        super().__init__()
        self._editor = editor
        self.taken: SignalsTaken | None = None
        self._confounds: Path | None = None
        # What is set otherwise in forms that are to be made anew once they are seen; None if none are.
        self._due: dict[str, Any] | None = None
        self.series, self.regions = QComboBox(), QComboBox()
        self.series.setAccessibleName("Series")
        self.regions.setAccessibleName("Regions")
        self._forms = QVBoxLayout()
        self.form, self.more = OperationForm(SignalParameters), OperationForm(ConfoundParameters)
        self.table = QToolButton()
        self.table.setText("Table…")
        self.table.setToolTip("Choose a table of confounds (.tsv, .csv) to be regressed out; again for none.")
        self.events = ConditionsButton(editor)
        self.delay = QDoubleSpinBox()
        self.delay.setRange(0, 60)
        self.delay.setPrefix("delay ")
        self.delay.setSuffix(" s")
        self.delay.setAccessibleName("Delay")
        self.delay.setToolTip("Seconds from an event to the volumes that belong to it; of labels, none.")
        self.take = QPushButton("Take signals")
        self.take.setToolTip("Take the signals as they are set, and draw them.")
        self.warning = QLabel()
        self.warning.setWordWrap(True)
        self.warning.setAccessibleName("Doubts")
        self.warning.setProperty("error", True)
        self.warning.hide()
        self.courses, self.boxes, self.legend = CurvePlot(), BoxPlot(), ConditionLegend()
        self.courses.setAccessibleName("Signals over time")
        self.tabs = QTabWidget()
        self.tabs.setAccessibleName("Signals")
        self.tabs.addTab(self.courses, "Over time")
        self.tabs.addTab(self.boxes, "By condition")
        self.tabs.setCornerWidget(self.legend)
        self.copy_button, self.save_button = QPushButton("Copy"), QPushButton("Save…")
        self.copy_button.setToolTip("Copy the signals as text, a column for each.")
        self.save_button.setToolTip(f"Save the signals ({', '.join(ENDINGS)}), with how they were made beside.")
        self.plot_button = QPushButton("Save plot…")
        self.plot_button.setToolTip("Save the boxes as a drawing (SVG).")
        self._lay_out()
        self.series.currentIndexChanged.connect(lambda _: self._follow_series())
        self.take.clicked.connect(lambda _: self.take_signals())
        self.table.clicked.connect(lambda _: self._choose_table())
        self.copy_button.clicked.connect(lambda _: self.copy())
        self.save_button.clicked.connect(lambda _: self.save())
        self.plot_button.clicked.connect(lambda _: self.save_plot())
        editor.image_changed.connect(self._take_image)
        editor.document_changed.connect(self._offer)
        editor.noting.changed.connect(self._name_events)
        self._take_image()

    def _lay_out(self) -> None:
        choices = QWidget()
        rows = QFormLayout()
        rows.setContentsMargins(0, 0, 0, 0)
        rows.addRow("Series", self.series)
        rows.addRow("Of", self.regions)
        events = QHBoxLayout()
        events.addWidget(self.events, 1)
        events.addWidget(self.delay)
        rows.addRow("Conditions", events)
        column = QVBoxLayout(choices)
        column.setContentsMargins(6, 2, 6, 2)
        column.addLayout(rows)
        self._forms.addWidget(self.form)
        self._forms.addWidget(self.more)
        rows.addRow("Confounds", self.table)
        column.addLayout(self._forms)
        column.addStretch(1)
        shown = QWidget()
        line = FlowingRow()
        line.addStretch(1)
        for button in (self.take, self.copy_button, self.save_button, self.plot_button):
            line.addWidget(button)
        right = QVBoxLayout(shown)
        right.setContentsMargins(6, 2, 6, 2)
        right.addLayout(line)
        right.addWidget(self.warning)
        right.addWidget(self.tabs, 1)
        split = TurningSplitter()
        split.addWidget(Scrolled(choices, 120, True))
        split.addWidget(shown)
        split.setStretchFactor(1, 1)
        split.setSizes([290, 560])
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.addWidget(split)

    # What there is ------------------------------------------------------------------------------------------------

    def _take_image(self) -> None:
        """Begin anew with another image."""
        self.taken, self._confounds = None, None
        self.table.setText("Table…")
        self._offer()
        self._renew_forms(_OF_AN_IMAGE)
        self._name_events()
        self._show()

    def sizeHint(self) -> QSize:
        """Return a size that leaves the planes most of the window."""
        return QSize(640, 230)

    def _renew_forms(self, changes: Mapping[str, Any]) -> None:
        """Make the forms anew for other images, with the values that are set but for some, once they are seen.

        Forms that nobody sees would take their time at each image that is opened; and Qt keeps some memory of every
        field that it ever gave a style.
        """
        self._due = {**(self._due or {}), **changes}
        if self.isVisible():
            self._make_forms(self._due)

    def showEvent(self, event: QShowEvent | None) -> None:
        """Catch up with what changed meanwhile."""
        super().showEvent(event)
        if self._due is not None:
            self._make_forms(self._due)

    def _make_forms(self, changes: Mapping[str, Any]) -> None:
        self._due = None
        around = surroundings_of(self._editor, self._editor.viewer, "")
        for name in ("form", "more"):
            old: OperationForm[Any] = getattr(self, name)
            try:
                start = old.value()
                start = start.model_copy(update={key: changes[key] for key in changes.keys() & old.fields.keys()})
            except MaskEditorError:
                start = None
            new = OperationForm(_DECLARED[name], start, around)
            self._forms.replaceWidget(old, new)
            tab_before(new, old)
            old.deleteLater()
            setattr(self, name, new)
        self._follow_series()

    def _follow_series(self) -> None:
        for field in self.form.fields.values():
            field.follow_image(self.series.currentData() or "")

    def _offer(self) -> None:
        """Offer the series, ROIs and label images that there are; what was chosen stays."""
        session = self._editor.session
        series = series_in(session) if session is not None else {}
        if _fill(self.series, [(name or "The image", name) for name in series]):
            self._renew_forms({})
        rois = [(roi.name, ("roi", roi.id)) for roi in session.document.rois] if session is not None else []
        labels = [(name, ("labels", name)) for name in label_images_in(session)] if session is not None else []
        _fill(self.regions, [(ALL_ROIS, ("all", "")), *rois, *labels])
        self.take.setEnabled(bool(series))
        self.take.setToolTip("Take the signals as they are set, and draw them." if series else NO_SERIES)
        if self.taken is None:
            self.courses.explain(NOT_YET if series else NO_SERIES)

    def _name_events(self) -> None:
        there = bool(self._editor.noting.notes.conditions)
        self.events.setText("Chosen" if there else "None")

    def _choose_table(self) -> None:
        """Have a table of confounds chosen; where one is chosen, let go of it."""
        if self._confounds is None:
            session = self._editor.session
            beside = str(session.path.parent) if session is not None and session.path is not None else ""
            shown = f"Tables ({formats.patterns(TABLES)})"
            name, _ = QFileDialog.getOpenFileName(self, "Choose a table of confounds", beside, shown)
            self._confounds = Path(name) if name else None
        else:
            self._confounds = None
        self.table.setText(self._confounds.name if self._confounds is not None else "Table…")

    # What is done -------------------------------------------------------------------------------------------------

    def asked(self) -> SignalsAsked:
        """Return what is set.

        Raises
        ------
        ParameterError
            If the declaration does not allow it; the form says why.
        """
        kind, which = self.regions.currentData()
        return SignalsAsked(
            image=self.series.currentData() or "",
            rois=(which,) if kind == "roi" else (),
            labels=which if kind == "labels" else "",
            parameters=self.form.value(),
            more=self.more.value(),
            confounds=self._confounds,
            conditions=self._editor.noting.notes.conditions,
            delay=self.delay.value(),
        )

    def take_signals(self) -> None:
        """Take the signals on the worker, and draw them."""
        session = self._editor.session
        if session is None:
            return
        try:
            work = work_on(session, self.asked())
        except MaskEditorError as error:
            self._editor.failed.emit(str(error))
            return

        def done(taken: SignalsTaken) -> None:
            if self._editor.session is session:
                self.taken = taken
                self._show()
                self.tabs.setCurrentWidget(self.boxes if taken.found is not None else self.courses)

        self._editor.jobs.run("Taking signals", work, done)

    def _show(self) -> None:
        taken = self.taken
        for button in (self.copy_button, self.save_button):
            button.setEnabled(taken is not None)
        found = taken.found if taken is not None else None
        self.plot_button.setEnabled(found is not None)
        self.tabs.setTabEnabled(1, found is not None)
        self.boxes.show_boxes(found)
        self.legend.show_colours(condition_colours(found.conditions) if found is not None else {})
        said = (*taken.doubts, *taken.signals.findings) if taken is not None else ()
        self.warning.setText("\n".join(said))
        self.warning.setToolTip(self.warning.text())
        self.warning.setVisible(bool(said))
        if taken is None:
            self.courses.show_curves(np.zeros(0), [])
            return
        self.courses.explain("")
        signals = taken.signals
        seconds = signals.repetition_time
        x = np.array(signals.volumes, np.float64) * (seconds or 1.0)
        self.tabs.setTabText(0, f"Over time ({'seconds' if seconds else 'volumes'})")
        self.courses.show_curves(
            x,
            [
                Curve(name, np.asarray(signals.values[:, place], np.float64), self._colour(name, place))
                for place, name in enumerate(signals.names[:MOST_DRAWN])
            ],
        )
        self.courses.show_place(None)

    def _colour(self, name: str, place: int) -> tuple[int, int, int]:
        document = self._editor.document
        rois = document.rois if document is not None else ()
        return next((roi.colour for roi in rois if roi.name == name), colour_of(place + 1))

    def copy(self) -> None:
        """Put the signals on the clipboard."""
        if self.taken is not None:
            labels = self.taken.found.labels if self.taken.found is not None else ()
            sure(QGuiApplication.clipboard()).setText(table_of(self.taken.signals, labels).text())
            self._editor.say(f"Copied {in_number(len(self.taken.signals.names), 'signal')} to the clipboard.")

    def save(self) -> None:
        """Ask where to, and save the signals."""
        session, taken = self._editor.session, self.taken
        if session is None or taken is None:
            return
        suggested = str(beside_image(session, SUFFIX.removeprefix("_"), ENDINGS[0], taken.series))
        shown = f"Signals ({formats.patterns(ENDINGS)})"
        name, _ = QFileDialog.getSaveFileName(self, "Save the signals", suggested, shown)
        if name:
            path = formats.with_ending(Path(name), ENDINGS)
            labels = taken.found.labels if taken.found is not None else ()
            said = (*taken.signals.findings, *taken.doubts)
            self._editor.jobs.run(
                f"Saving {path.name}",
                lambda _: save_signals(taken.signals, path, taken.sources, said, labels),
                lambda _: self._editor.say(f"Saved {path}."),
            )

    def save_plot(self) -> None:
        """Ask where to, and save the boxes as a drawing."""
        session, taken = self._editor.session, self.taken
        if session is None or taken is None or taken.found is None:
            return
        suggested = str(beside_image(session, "boxes", PLOT_ENDING, taken.series))
        name, _ = QFileDialog.getSaveFileName(self, "Save the plot", suggested, f"Drawings (*{PLOT_ENDING})")
        if name:
            path = formats.with_ending(Path(name), (PLOT_ENDING,))
            found, parameters, doubts = taken.found, taken.signals.parameters, taken.doubts
            self._editor.jobs.run(
                f"Saving {path.name}",
                lambda _: write_text(path, drawing(found, path.stem, parameters, doubts)),
                lambda _: self._editor.say(f"Saved {path}."),
            )


#: What means nothing for another image.
_OF_AN_IMAGE = {"repetition_time": 0.0, "sample_mask": None, "seeds": ()}
#: What each form declares.
_DECLARED: dict[str, type[Any]] = {"form": SignalParameters, "more": ConfoundParameters}


def _fill(box: QComboBox, items: list[tuple[str, Any]]) -> bool:
    """Offer other items, and return whether they are others; the one that was chosen stays, if it is still there."""
    if [(box.itemText(place), box.itemData(place)) for place in range(box.count())] == items:
        return False
    chosen = box.currentData()
    box.clear()
    for text, data in items:
        box.addItem(text, data)
    place = next((place for place, (_, data) in enumerate(items) if data == chosen), 0)
    box.setCurrentIndex(place if items else -1)
    return True


PANEL = PanelDeclaration(
    id="signals",
    title="Signals",
    area=Qt.DockWidgetArea.BottomDockWidgetArea,
    order=8,
    make=SignalsPanel,
    open=False,
)
DATA = DataEntry(
    id="signals",
    text="Si&gnals",
    order=40,
    tip="Take signals over time of ROIs, labels or seeds, as nilearn's maskers do, and compare conditions.",
)
