"""What is counted: which image and volume, how smooth, and in which part; what the pending form has is set there."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from PyQt6.QtCore import QSignalBlocker, pyqtSignal
from PyQt6.QtWidgets import (
    QCheckBox,
    QComboBox,
    QHBoxLayout,
    QLabel,
    QMenu,
    QSizePolicy,
    QToolButton,
    QVBoxLayout,
    QWidget,
    QWidgetAction,
)

from maskeditor.ui.look.elided_box import ElidedBox
from maskeditor.ui.qt import sure

if TYPE_CHECKING:
    from maskeditor.core.operation.scope import Scope
    from maskeditor.core.space.volume import FrameChoice
    from maskeditor.engine.box import Box
    from maskeditor.model.view.viewer import Viewer
    from maskeditor.ui.forms.smoothing_field import SmoothingField
    from maskeditor.ui.histogram.range_in_hand import RangeInHand
    from maskeditor.ui.work.editor import Editor

#: What may be counted of a 4D image, by what it is called.
VOLUMES = {"Mean of all": "mean", "Volume shown": "shown"}
#: Characters in a line of the note on the smoothing.
NOTE = 44
#: A choice of volumes that only a form can make.
OTHER = "other"
#: Where voxels are counted.
PARTS = {"All voxels": "", "Inside the mask": "mask", "Inside the limit": "limit", "Drawn region": "drawn"}
#: Where those in a range are counted, in words, if that is not the whole image.
WHERE = {"mask": " inside the mask", "limit": " inside the limit", "drawn": " in the region"}


class SourceBar(QWidget):
    """Boxes for image, volume and part, and a button that opens the field of the smoothing.

    It stands empty until `attach`.
    """

    #: Another part is counted.
    part_changed = pyqtSignal()
    #: Whether the planes show the smoothed image, too.
    shows_smoothed = pyqtSignal(bool)

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._hand: RangeInHand | None = None
        self._editor: Editor | None = None
        self._viewer: Viewer | None = None
        self._field: SmoothingField | None = None
        self.image = self._box("Image counted", "Which image is counted and looked at")
        self.frame = self._box("Volume counted", "Which volume of a 4D image is counted and thresholded")
        self.part = self._box("Part counted", "Where voxels are counted; the whole image is faint beside")
        for box, choices in ((self.frame, VOLUMES), (self.part, PARTS)):
            for text, which in choices.items():
                box.addItem(text, which)
        self.smoothing = QToolButton(self)
        self.smoothing.setText("Smooth")
        self.smoothing.setPopupMode(QToolButton.ToolButtonPopupMode.InstantPopup)
        self.smoothing.setMinimumWidth(self.smoothing.fontMetrics().horizontalAdvance("Smooth") + 10)
        self.smoothing.setSizePolicy(QSizePolicy.Policy.Maximum, QSizePolicy.Policy.Fixed)
        self.smoothing.setToolTip("Smooth the image before it is counted and compared")
        self.show_smoothed = QCheckBox("Show it in the planes", self)
        self.show_smoothed.hide()  # until it stands on the page that the button opens
        self.show_smoothed.toggled.connect(self.shows_smoothed)
        row = QHBoxLayout(self)
        row.setContentsMargins(0, 0, 0, 0)
        row.setSpacing(3)
        for widget in (self.image, self.frame, self.part):
            row.addWidget(widget, 1)
        row.addWidget(self.smoothing)
        self.image.currentIndexChanged.connect(self._choose_image)
        self.frame.currentIndexChanged.connect(self.choose_frame)
        self.part.currentIndexChanged.connect(self._choose_part)
        self.image.hide()
        self.frame.hide()

    def _box(self, name: str, tip: str) -> QComboBox:
        box = ElidedBox(self)
        box.setAccessibleName(name)
        box.setToolTip(tip)
        box.setSizeAdjustPolicy(QComboBox.SizeAdjustPolicy.AdjustToMinimumContentsLengthWithIcon)
        box.setMinimumContentsLength(1)
        box.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Fixed)
        return box

    def attach(self, editor: Editor, viewer: Viewer, hand: RangeInHand) -> None:
        """Connect it with what it shows and sets."""
        self._editor, self._viewer, self._hand = editor, viewer, hand

    # What is chosen -----------------------------------------------------------------------------------------------

    @property
    def follows_view(self) -> bool:
        """Whether the volume that is shown is the one counted."""
        return self.frame.currentData() == "shown" and self.frame.isVisibleTo(self)

    @property
    def chosen_frame(self) -> FrameChoice:
        """The volume that is chosen here; a form may know others."""
        assert self._viewer is not None
        return self._viewer.state.frame if self.frame.currentData() == "shown" else "mean"

    def counted_part(self) -> str | Scope | Box:
        """Return the part of the image that is counted: of shares of the voxels, always the whole."""
        assert self._hand is not None
        ends, part = self._hand.ends, self.part.currentData()
        if ends is not None and ends.are_shares:
            return ""
        if part == "limit":
            return self._hand.scope() or ""
        if part == "drawn":
            assert self._viewer is not None
            return self._viewer.state.region or ""
        return str(part)

    @property
    def where(self) -> str:
        """Where the voxels of a range are counted, in words."""
        return WHERE.get(self.part.currentData(), "")

    def choose_frame(self) -> None:
        """Have the volume looked at that is chosen."""
        if self._hand is not None and self.frame.currentData() != OTHER:
            self._hand.frame = self.chosen_frame

    def _choose_image(self) -> None:
        if self._hand is not None:
            self._hand.image = self.image.currentData()

    def _choose_part(self) -> None:
        """Count elsewhere; a region is outlined as long as it is what is counted."""
        if self._viewer is not None:
            self._viewer.change(picks_region=self.part.currentData() == "drawn", region=None)
        self.part_changed.emit()

    def _choose_smoothing(self) -> None:
        if self._hand is not None and self._field is not None:
            self._hand.fwhm = self._field.value()
            self._show_smoothing()

    # What is shown ------------------------------------------------------------------------------------------------

    def renew(self) -> None:
        """Take over another image, with its further images."""
        assert self._editor is not None
        assert self._hand is not None
        document = self._editor.document
        names = document.image_names() if document is not None else ()
        if self._hand.image not in ("", *names):
            self._hand.image = ""
        with QSignalBlocker(self.image):
            self.image.clear()
            self.image.addItem("The open image", "")
            for name in names:
                self.image.addItem(name, name)
        self.image.setVisible(bool(names))
        self.frame.setVisible(document is not None and document.volume.frames > 1)
        self.follow()

    def begin(self) -> None:
        """Make the field of the smoothing for the voxels of another image."""
        from maskeditor.core.operation.intensity_input import IntensityInput
        from maskeditor.core.operation.parameters import Role, parameters_of
        from maskeditor.model.ends import of_role
        from maskeditor.ui.forms.field import Surroundings
        from maskeditor.ui.forms.smoothing_field import SmoothingField

        assert self._editor is not None
        document, declared = self._editor.document, of_role(Role.SMOOTHING, parameters_of(IntensityInput))
        if document is None or declared is None:
            return
        page = QWidget(self)
        rows = QVBoxLayout(page)
        self._field = SmoothingField(declared, Surroundings(zooms=document.geometry.zooms), page)
        label = QLabel(declared.title, page)
        label.setBuddy(self._field)
        # An open menu does not grow with what is typed in it: the note has its two lines from the beginning.
        note, metrics = sure(self._field.note), self.fontMetrics()
        note.setMinimumSize(NOTE * metrics.averageCharWidth(), 2 * metrics.lineSpacing())
        for widget in (label, self._field, note, self.show_smoothed):
            rows.addWidget(widget)
        self.show_smoothed.show()
        self._field.changed.connect(self._choose_smoothing)
        menu = QMenu(self)
        action = QWidgetAction(menu)
        action.setDefaultWidget(page)
        menu.addAction(action)
        before = self.smoothing.menu()
        self.smoothing.setMenu(menu)
        if before is not None:
            before.deleteLater()

    def follow(self) -> None:
        """Show what the pending operation looks at."""
        assert self._hand is not None
        with QSignalBlocker(self.image):
            self.image.setCurrentIndex(max(0, self.image.findData(self._hand.image)))
        self._show_frame(self._hand.frame)
        self._show_smoothing()

    def _show_frame(self, frame: Any) -> None:
        with QSignalBlocker(self.frame):
            other = self.frame.findData(OTHER)
            if other >= 0:
                self.frame.removeItem(other)
            if frame != self.chosen_frame:
                if frame != "mean":
                    chosen = f"Volumes {frame[0]}–{frame[1]}" if isinstance(frame, tuple) else f"Volume {frame}"
                    self.frame.addItem(chosen, OTHER)
                self.frame.setCurrentIndex(0 if frame == "mean" else self.frame.findData(OTHER))

    def _show_smoothing(self) -> None:
        if self._hand is None or self._field is None:
            return
        if self._field.value() != self._hand.fwhm:
            self._field.set_value(self._hand.fwhm)
        self.smoothing.setText(f"Smooth {self._field.in_words()}".strip())
