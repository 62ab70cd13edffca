"""The panel of a cohort: the images of a batch one after the other, to be accepted, corrected or rejected."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

from PyQt6.QtCore import QSignalBlocker, QSize, Qt
from PyQt6.QtWidgets import (
    QAbstractItemView,
    QFileDialog,
    QGridLayout,
    QHBoxLayout,
    QHeaderView,
    QLabel,
    QLineEdit,
    QPushButton,
    QTreeWidget,
    QTreeWidgetItem,
    QVBoxLayout,
    QWidget,
)

from maskeditor.core.history.timelines import Timeline
from maskeditor.engine.errors import MaskEditorError
from maskeditor.engine.progress import Progress
from maskeditor.model.cohort.making import OpenedTask
from maskeditor.model.cohort.review import Review, Row
from maskeditor.model.cohort.tasks import Outcome
from maskeditor.model.cohort.verdicts import FAIL, PASS, WORDS
from maskeditor.model.session import Session
from maskeditor.ui.panels.declaration import PanelDeclaration
from maskeditor.ui.panels.docks import come_up
from maskeditor.ui.qt import sure
from maskeditor.ui.work.editor import Editor

NONE_YET = "Open the folder of a batch (maskeditor batch … -o folder) to judge its masks one after the other."
IMAGE, VERDICT, VOLUME, WHY = range(4)
#: What the states of verdicts are called.
_WORDS = WORDS | {"stale": "changed since", "untold": "may have changed", "": ""}


class QueueList(QTreeWidget):
    """The list of images, which asks for few rows at first: below the planes, it takes its room from them."""

    #: How many.
    ROWS = 4

    def sizeHint(self) -> QSize:
        """Return room for the headings and a few rows."""
        return QSize(super().sizeHint().width(), round((self.ROWS + 1.5) * 1.3 * self.fontMetrics().height()))


class CohortPanel(QWidget):
    """Shows the queue of a cohort, opens its images, and takes verdicts and corrections.

    A mask is accepted or rejected as the batch has made it; where steps were added or changed in the window, they are
    kept as the image's correction first.
    """

    def __init__(self, editor: Editor) -> None:
        super().__init__()
        self._editor = editor
        self._review: Review | None = None
        # The image that is open: its key, and what was opened; once the steps are made, its ROI and they.
        self._key = ""
        self._opened: OpenedTask | None = None
        self._target = ""
        self._steps: Timeline = ()
        self.sentence = QLabel(NONE_YET)
        self.sentence.setWordWrap(True)
        self.sentence.setProperty("quiet", True)
        self.folder_button = QPushButton("Open folder…")
        self.folder_button.setToolTip("Open the folder that maskeditor batch has written.")
        self.list = QueueList()
        self.list.setAccessibleName("Images of the cohort")
        self.list.setRootIsDecorated(False)
        self.list.setUniformRowHeights(True)
        self.list.setHeaderLabels(["Image", "Verdict", "mL", "Unlike the others in"])
        self.list.setSelectionMode(QAbstractItemView.SelectionMode.SingleSelection)
        self.list.setMinimumHeight(60)
        header = sure(self.list.header())
        header.setStretchLastSection(False)
        header.setSectionResizeMode(IMAGE, QHeaderView.ResizeMode.Stretch)
        self.note = QLineEdit()
        self.note.setPlaceholderText("Note")
        self.note.setAccessibleName("Note on the open image")
        self.previous_button = self._button("Previous", "Open the image before it in the list", self.go_back)
        self.next_button = self._button("Next", "Open the image after it in the list", self.go_on)
        self.accept_button = self._button("Accept", "The mask is good; go to the next that is not judged", self.accept)
        self.correct_button = self._button(
            "Correct",
            "Keep the steps that were added here as the correction of this image, save its mask, and accept it",
            self.correct,
        )
        self.reject_button = self._button("Reject", "The mask cannot be used; go to the next", self.reject)
        # The button that had the keyboard before it could not be pressed; it has it again once it can.
        self._pressed: QPushButton | None = None
        self._lay_out()
        self.folder_button.clicked.connect(self._ask_for_folder)
        self.list.itemActivated.connect(lambda row, _: self.open_row(self.list.indexOfTopLevelItem(row)))
        self.list.itemDoubleClicked.connect(lambda row, _: self.open_row(self.list.indexOfTopLevelItem(row)))
        editor.image_changed.connect(self._follow_image)
        editor.document_changed.connect(self._show_buttons)
        editor.jobs.busy_changed.connect(self._show_buttons)
        self._show()

    def _button(self, title: str, tip: str, act: Callable[[], None]) -> QPushButton:
        button = QPushButton(title)
        button.setToolTip(f"{tip}.")
        button.clicked.connect(lambda: act())
        return button

    def _lay_out(self) -> None:
        buttons = QGridLayout()
        buttons.addWidget(self.previous_button, 0, 0)
        buttons.addWidget(self.next_button, 0, 1)
        buttons.addWidget(self.note, 1, 0, 1, 2)
        buttons.addWidget(self.accept_button, 2, 0)
        buttons.addWidget(self.reject_button, 2, 1)
        buttons.addWidget(self.correct_button, 3, 0, 1, 2)
        buttons.setRowStretch(4, 1)
        top = QHBoxLayout()
        top.addWidget(self.sentence, 1)
        top.addWidget(self.folder_button)
        below = QHBoxLayout()
        below.addWidget(self.list, 1)
        below.addLayout(buttons)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(6, 2, 6, 6)
        layout.addLayout(top)
        layout.addLayout(below, 1)

    # The folder ---------------------------------------------------------------------------------------------------

    def _ask_for_folder(self) -> None:
        start = str(self._review.ledger.out) if self._review is not None else ""
        name = QFileDialog.getExistingDirectory(self, "Open the folder of a batch", start)
        if name:
            self.open_folder(Path(name))

    def open_folder(self, out: Path, image: Path | None = None) -> None:
        """Open the folder of a batch, and one of its images: that of a path, else the first that is not judged."""

        def opened(review: Review) -> None:
            self._review = review
            self._key = ""
            come_up(self)
            self._show()
            place = review.row_of(image) if image is not None else review.next_to_judge(-1)
            if place is not None:
                self.open_row(place)
            elif image is not None:
                self._editor.say(f"{image.name} is no image of the batch in {out}.")

        self._editor.jobs.run(f"Looking into {out.name}", lambda progress: Review.open(out, progress), opened)

    # The queue ----------------------------------------------------------------------------------------------------

    def _place(self) -> int:
        """Return the row of the open image, else of the chosen one; -1 without one."""
        rows = self._review.rows if self._review is not None else []
        open_one = next((place for place, row in enumerate(rows) if row.outcome.key == self._key), -1)
        return open_one if open_one >= 0 else self.list.indexOfTopLevelItem(self.list.currentItem())

    def go_on(self) -> None:
        """Open the image after the open one."""
        self._step(1)

    def go_back(self) -> None:
        """Open the image before the open one."""
        self._step(-1)

    def _step(self, by: int) -> None:
        place = self._place() + by
        if self._review is not None and 0 <= place < len(self._review.rows):
            self.open_row(place)

    def open_row(self, place: int) -> None:
        """Open an image of the queue with its steps, once what is unsaved in the open one is dealt with."""
        review = self._review
        if review is None:
            return
        key = review.rows[place].outcome.key

        def opened(found: OpenedTask) -> None:
            self._key, self._opened, self._target = key, found, ""
            self._editor.set_session(found.session)
            self._editor.bringing_in.recipe(found.recipe, then=lambda adopted: self._carried_out(found, adopted.target))
            self._show()

        def failed(error: MaskEditorError) -> None:
            # There is nothing to see, but it can be rejected.
            self._key, self._opened, self._target = key, None, ""
            self._show()
            self._editor.say(str(error))

        def go() -> None:
            self._editor.jobs.run(f"Opening {key}", lambda progress: review.open_image(key, progress), opened, failed)

        # What only the batch has changed is no reason to ask.
        leave = self._editor.leave if self._edited() or self._session is None else self._editor.pending.settle
        leave(go)

    @property
    def _session(self) -> Session | None:
        """The session of the image that was opened from the queue, as long as it is the one that is open."""
        session = self._opened.session if self._opened is not None else None
        return session if session is self._editor.session else None

    def _edited(self) -> bool:
        """Whether steps were made in the open image since its mask was made or corrected."""
        session = self._session
        return session is not None and bool(self._target) and session.document.present != self._steps

    def _carried_out(self, found: OpenedTask, target: str) -> None:
        """Remember that the mask is that of its file as long as no further step is made."""
        self._target, self._steps = target, found.session.document.present
        if self._review is not None:
            outcome = self._outcome()
            if outcome is not None and not outcome.problem:
                found.session.took_mask(target, self._review.ledger.out / outcome.target)
        row = self._row()
        doubts = (*found.doubts, row.doubt if row is not None else "")
        if any(doubts):
            self._editor.say(" ".join(filter(None, doubts)))
        self._show_buttons()

    def _row(self) -> Row | None:
        rows = self._review.rows if self._review is not None else []
        return next((row for row in rows if row.outcome.key == self._key), None)

    def _outcome(self) -> Outcome | None:
        row = self._row()
        return row.outcome if row is not None else None

    def _follow_image(self) -> None:
        """Know when another image was opened that is none of the queue's."""
        if self._opened is not None and self._session is None:
            self._key, self._opened, self._target = "", None, ""
            self._show()

    # Verdicts -----------------------------------------------------------------------------------------------------

    def accept(self) -> None:
        """Accept the mask of the open image as it is."""
        self._judge(PASS)

    def reject(self) -> None:
        """Reject the mask of the open image."""
        self._judge(FAIL)

    def _judge(self, verdict: str) -> None:
        review, key = self._review, self._key
        if review is None or not key:
            return
        try:
            review.judge(key, verdict, self.note.text().strip())
        except MaskEditorError as error:
            self._editor.failed.emit(str(error))
            return
        self._show()
        place = review.next_to_judge(self._place())
        if place is None:
            self._editor.say("All images are judged; a group mask of those accepted is made by maskeditor group.")
        elif place != self._place():
            self.open_row(place)

    def correct(self) -> None:
        """Keep what was added to the steps as a correction, save the mask, and accept it."""
        review, session, opened = self._review, self._session, self._opened
        if review is None or session is None or opened is None or not self._target:
            return
        key, target = self._key, self._target
        made: list[Timeline] = []

        def work(progress: Progress) -> Outcome:
            made.append(session.document.present)
            return review.correct(key, session, opened.shared, target, progress)

        def done(outcome: Outcome) -> None:
            session.took_mask(target, review.ledger.out / outcome.target, made[0])
            self._steps = made[0]
            self._editor.document_changed.emit()
            if self._key == key:
                self._judge(PASS)

        self._editor.pending.settle(lambda: self._editor.jobs.run(f"Keeping the correction of {key}", work, done))

    # What is seen -------------------------------------------------------------------------------------------------

    def _show(self) -> None:
        rows = self._review.rows if self._review is not None else []
        with QSignalBlocker(self.list):
            self.list.clear()
            for row in rows:
                self.list.addTopLevelItem(self._item(row))
            place = self._place()
            if place >= 0:
                self.list.setCurrentItem(self.list.topLevelItem(place))
            for column in (VERDICT, VOLUME, WHY):
                self.list.resizeColumnToContents(column)
        if self._review is None:
            self.sentence.setText(NONE_YET)
        else:
            states = [row.state for row in rows]
            accepted, rejected = states.count(PASS), states.count(FAIL)
            left = len(rows) - accepted - rejected
            self.sentence.setText(
                f"{self._review.ledger.out.name}: {accepted} accepted, {rejected} rejected, {left} to judge"
            )
            self.sentence.setToolTip(str(self._review.ledger.out))
        verdict = rows[place].verdict if 0 <= (place := self._place()) < len(rows) and self._key else None
        self.note.setText(verdict.note if verdict is not None else "")
        self._show_buttons()

    @staticmethod
    def _item(row: Row) -> QTreeWidgetItem:
        one = row.outcome
        why = "failed" if one.problem else ", ".join(row.standing.why) if row.standing is not None else ""
        corrected = " (corrected)" if one.corrected else ""
        item = QTreeWidgetItem(
            [one.key, _WORDS[row.state] + corrected, "" if one.problem else f"{one.millilitres:.1f}", why]
        )
        item.setTextAlignment(VOLUME, Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter)
        note = row.verdict.note if row.verdict is not None else ""
        told = (one.problem or " ".join(one.warnings) or one.key, row.doubt, note)
        for column in range(4):
            item.setToolTip(column, "\n".join(filter(None, told)))
        return item

    def _show_buttons(self) -> None:
        idle = not self._editor.jobs.busy
        place, count = self._place(), self.list.topLevelItemCount()
        outcome = self._outcome()
        edited = self._edited()
        failed = outcome is not None and bool(outcome.problem)
        self.note.setEnabled(bool(self._key))
        for button, can in (
            (self.previous_button, place > 0),
            (self.next_button, place + 1 < count),
            (self.accept_button, bool(self._key) and not edited and not failed),
            (self.correct_button, edited),
            (self.reject_button, bool(self._key) and not edited),
        ):
            self._enable(button, idle and can)

    def _enable(self, button: QPushButton, on: bool) -> None:
        """Let a button be pressed or not; meanwhile the list has the keyboard, so that no key goes to another panel."""
        if not on and button.hasFocus():
            self._pressed = button
            self.list.setFocus()
        button.setEnabled(on)
        if on and button is self._pressed:
            self._pressed = None
            if self.list.hasFocus():
                button.setFocus()


PANEL = PanelDeclaration(
    id="cohort",
    title="Cohort",
    area=Qt.DockWidgetArea.BottomDockWidgetArea,
    order=12,
    make=CohortPanel,
    open=False,  # until the folder of a batch is opened
)
