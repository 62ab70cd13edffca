"""The panel that compares two ROIs: numbers, the pieces in which they differ, and both in the planes."""

from __future__ import annotations

from PyQt6.QtCore import QSize, Qt
from PyQt6.QtGui import QHideEvent, QShowEvent
from PyQt6.QtWidgets import QCheckBox, QComboBox, QHBoxLayout, QLabel, QVBoxLayout, QWidget

from maskeditor.engine.errors import MaskEditorError
from maskeditor.engine.progress import Progress
from maskeditor.io.columns import Table
from maskeditor.model.abilities import Ability
from maskeditor.model.data.disagreement import COLOURS, MOST_PIECES, Disagreement, disagreement, shown_as
from maskeditor.model.numbers_in_words import counted, in_number
from maskeditor.model.view.display import LABELS, Display
from maskeditor.ui.data.declaration import DataEntry
from maskeditor.ui.data.table_view import TableView
from maskeditor.ui.look.flowing import FlowingRow, TurningSplitter
from maskeditor.ui.panels.condition_legend import ConditionLegend
from maskeditor.ui.panels.declaration import PanelDeclaration
from maskeditor.ui.work.editor import Editor
from maskeditor.ui.work.worker import Lane

#: What is shown where there is nothing to compare.
#: Who has an image drawn over all others, and what it is called.
_OWNER = "agreement"
TWO_WANTED = "There is one ROI alone; add another, or bring a mask in by File ▸ Open mask…."


class ComparePanel(QWidget):
    """Compares two ROIs while it is seen, and again whenever one of them changes."""

    def __init__(self, editor: Editor) -> None:
        super().__init__()
        self._editor = editor
        self._lane = Lane("agreement", newest_wins=True, parent=self)
        self.found: Disagreement | None = None
        # Whether it is drawn, and whether the masks were hidden before.
        self._is_drawn = self._were_hidden = False
        # What was compared last, so that a change of others costs nothing.
        self._asked: object = None
        self.first, self.second = QComboBox(), QComboBox()
        self.first.setAccessibleName("First ROI")
        self.second.setAccessibleName("Second ROI")
        self.first.setToolTip("The ROI that the second is compared with.")
        self.second.setToolTip(
            "The ROI that is compared with the first: sensitivity is the share of that which it holds."
        )
        self.shown = QCheckBox("Show in the planes")
        self.shown.setToolTip(
            "Draw what both hold and what one holds alone, each in its colour, until masks are shown again."
        )
        self.legend = ConditionLegend()
        self.legend.setAccessibleName("Colours in the planes")
        self.numbers = TableView(editor, "Agreement")
        self.numbers.wrap_last()  # what each measure means
        self.pieces = TableView(editor, "Disagreeing pieces")
        line = FlowingRow()
        for label, box in (("First", self.first), ("Second", self.second)):
            named = QHBoxLayout()
            named.addWidget(QLabel(label))
            named.addWidget(box, 1)
            line.addLayout(named, 1)
            # However long the names are, the window stays as it is.
            box.setSizeAdjustPolicy(QComboBox.SizeAdjustPolicy.AdjustToMinimumContentsLengthWithIcon)
            box.setMinimumContentsLength(8)
        line.addWidget(self.shown)
        line.addWidget(self.legend, 2)
        split = TurningSplitter()
        split.addWidget(self.numbers)
        split.addWidget(self.pieces)
        split.setSizes([400, 300])
        layout = QVBoxLayout(self)
        layout.setContentsMargins(6, 2, 6, 2)
        layout.addLayout(line)
        layout.addWidget(split, 1)
        for box in (self.first, self.second):
            box.currentIndexChanged.connect(lambda _: self._follow())
        self.shown.toggled.connect(lambda _: self._draw())
        editor.viewer.changed.connect(self._give_way)
        editor.document_changed.connect(self._follow)
        editor.image_changed.connect(self._follow)

    def sizeHint(self) -> QSize:
        """Return a size that leaves the planes most of the window."""
        return QSize(640, 210)

    def showEvent(self, event: QShowEvent | None) -> None:
        """Compare, as somebody looks."""
        super().showEvent(event)
        self._follow()

    def hideEvent(self, event: QHideEvent | None) -> None:
        """Draw it no longer, as nobody could switch it off."""
        super().hideEvent(event)
        self.shown.setChecked(False)

    def _follow(self) -> None:
        """Offer the ROIs that there are, and compare the two that are chosen if they are others than before."""
        document = self._editor.document
        rois = document.rois if document is not None else ()
        self._offer([(roi.name, roi.id) for roi in rois])
        if document is None or not self.isVisible():
            return
        chosen = (self.first.currentData(), self.second.currentData())
        if len(rois) < 2 or chosen[0] == chosen[1]:
            self._asked = None
            self._lane.cancel()
            self._show(None, TWO_WANTED if len(rois) < 2 else "Choose two different ROIs to compare.")
            return
        asked = (document, chosen, document.revision)
        if asked == self._asked:
            return
        self._asked = asked

        def work(progress: Progress) -> Disagreement:
            _, (first, second) = document.stills(chosen)
            return disagreement(first, second, document.geometry, progress)

        def done(found: Disagreement) -> None:
            if self._asked == asked:
                self._show(found)

        def failed(error: Exception) -> None:
            if not isinstance(error, MaskEditorError):
                raise error
            if self._asked == asked:
                self._show(None, str(error))

        self._lane.submit(work, done, failed)

    def _offer(self, items: list[tuple[str, str]]) -> None:
        if [(self.first.itemText(place), self.first.itemData(place)) for place in range(self.first.count())] == items:
            return
        for box in (self.first, self.second):
            chosen = box.currentData()
            box.blockSignals(True)
            box.clear()
            for text, data in items:
                box.addItem(text, data)
            box.setCurrentIndex(max(0, box.findData(chosen)))
            box.blockSignals(False)
        if self.first.currentIndex() == self.second.currentIndex() and len(items) > 1:
            self.second.blockSignals(True)
            self.second.setCurrentIndex(1 if self.first.currentIndex() == 0 else 0)
            self.second.blockSignals(False)

    def _show(self, found: Disagreement | None, sentence: str = "") -> None:
        self.found = found
        self.shown.setEnabled(found is not None)
        if found is None:
            self.numbers.show_table(Table({}), findings=(sentence,))
            self.pieces.show_table(Table({}))
        else:
            names = self.first.currentText(), self.second.currentText()
            doubt = found.comparison.doubt
            findings = (f"{doubt[:1].upper()}{doubt[1:]}.",) if doubt else ()
            self.numbers.show_table(found.numbers(), sentence=" ", findings=findings)
            pieces = in_number(found.in_all, "piece")
            few = f"; the {counted(MOST_PIECES)} largest" if found.in_all > MOST_PIECES else ""
            self.pieces.show_table(
                found.table(*names), [piece.place for piece in found.pieces], f"{pieces} in which they differ{few}"
            )
        self._draw()

    def _give_way(self, changed: frozenset[str]) -> None:
        """Draw it no longer once masks are shown, as for a preview: over it, no colour would be that of the legend."""
        if self._is_drawn and "masks_hidden" in changed and not self._editor.viewer.state.masks_hidden:
            self._were_hidden = False
            self.shown.setChecked(False)

    def _draw(self) -> None:
        """Draw in the planes what is shown, and nothing otherwise."""
        viewer, found = self._editor.viewer, self.found
        is_on = self.shown.isChecked() and found is not None
        if not is_on:
            self.legend.show_colours({})
        if is_on != self._is_drawn:
            self._is_drawn = is_on
            if is_on:
                self._were_hidden = viewer.state.masks_hidden
            else:
                self._editor.displays.stop_instead(_OWNER)
            viewer.change(masks_hidden=is_on or self._were_hidden)
        if found is None or not is_on:
            return
        labels = shown_as(self.first.currentText(), self.second.currentText())
        self.legend.show_colours({label.name: COLOURS[value] for value, label in labels.named.items()})
        display = Display(_OWNER, colour_map=LABELS, opacity=0.7)
        self._editor.displays.show_instead(_OWNER, display, found.volume, labels)


PANEL = PanelDeclaration(
    id="compare",
    title="Compare ROIs",
    area=Qt.DockWidgetArea.BottomDockWidgetArea,
    order=10,
    make=ComparePanel,
    open=False,
)
DATA = DataEntry(
    id="compare",
    text="C&ompare ROIs",
    order=50,
    tip="Compare two ROIs: Dice, distances, kappa, and the pieces in which they differ.",
    needs=(Ability.IMAGE,),
)
