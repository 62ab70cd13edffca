"""Labels of an image by name or number, completed as one types, or clicked in a plane."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from PyQt6.QtCore import QEvent, QObject, QStringListModel, Qt
from PyQt6.QtGui import QKeyEvent
from PyQt6.QtWidgets import QApplication, QCompleter, QToolButton, QWidget

from maskeditor.core.operation.parameters import Parameter
from maskeditor.engine.box import Voxel
from maskeditor.model.label_images import no_label
from maskeditor.ui.forms.field import Surroundings
from maskeditor.ui.forms.fields import NamesField
from maskeditor.ui.look.glyphs import glyph
from maskeditor.ui.qt import sure


class LabelsField(NamesField):
    """The labels of the image that is chosen beside it."""

    def __init__(self, parameter: Parameter, around: Surroundings, parent: QWidget | None = None) -> None:
        super().__init__(parameter, around, parent)
        self._image = ""
        self._named: Mapping[int, str] = {}
        # What the labels were called that were set, for as long as they stay the same.
        self._given: tuple[tuple[int, ...], tuple[str, ...]] = ((), ())
        self.completer = QCompleter(self)
        self._offered = QStringListModel(self)
        self.completer.setModel(self._offered)
        self.completer.setCaseSensitivity(Qt.CaseSensitivity.CaseInsensitive)
        self.completer.setFilterMode(Qt.MatchFlag.MatchContains)
        # What is completed is the last of several, so the field is not handed over.
        self.completer.setWidget(self.edit)
        self.completer.activated[str].connect(self._complete)
        self.edit.textEdited.connect(self._offer)
        for widget in (self.edit, sure(self.completer.popup())):
            widget.installEventFilter(self)
        self.pick = QToolButton(self)
        self.pick.setIcon(glyph("target"))
        self.pick.setCheckable(True)
        self.pick.setAccessibleName("Pick by a click")
        self.pick.setToolTip("A click in a plane takes the label that is there; with Shift, it is added or taken away")
        self.row.addWidget(self.pick)
        if around.clicked is not None:
            around.clicked.connect(self._take)
        self.follow_image("")

    def follow_image(self, name: str) -> None:
        """Offer the labels of another image."""
        self._image = name
        self._named = self.around.labels(name) if self.around.labels is not None else {}
        self._offered.setStringList([self._word(number) for number in self._named])
        self.pick.setEnabled(bool(self._named))
        self.pick.setChecked(bool(self._named))
        self.edit.setPlaceholderText("Names or numbers, parted by commas" if self._named else "17, 53 …")

    def _word(self, number: int) -> str:
        """Return what stands for a label: its name, if it has one of its own without a comma."""
        name = self._named.get(number, "")
        is_one = name and "," not in name and list(self._named.values()).count(name) == 1
        return name if is_one else str(number)

    # What is set --------------------------------------------------------------------------------------------------

    def set_value(self, value: Any) -> None:
        """Show labels, by name where they have one."""
        super().set_value(tuple(map(self._word, value)) if isinstance(value, list | tuple) else value)

    def value(self) -> Any:
        """Return the numbers; what is none, and no name either, as it is written."""
        numbers = {name.lower(): number for number, name in self._named.items() if self._word(number) == name}
        found: list[Any] = []
        for part in super().value():
            text = str(part).strip()
            number = numbers.get(text.lower(), int(text) if text.lstrip("-").isdigit() else text)
            if number not in found:
                found.append(number)
        return tuple(found)

    @property
    def problem(self) -> str:
        """Which text is neither a number nor the name of a label, and what may be meant."""
        unknown = next((one for one in self.value() if isinstance(one, str)), "")
        names = [word for word in map(self._word, self._named) if not word.lstrip("-").isdigit()]
        return str(no_label(unknown, names, self._image or "the image")) if unknown else ""

    def call(self, names: tuple[str, ...]) -> None:
        """Take note of what the labels that are set are called in the step that they come from."""
        self._given = (self.value(), names)

    def names(self) -> tuple[str, ...]:
        """Return what the labels that are set are called; nothing if none of them has a name."""
        numbers = self.value()
        if numbers == self._given[0] and self._given[1]:
            return self._given[1]
        if not any(self._named.get(number) for number in numbers):
            return ()
        return tuple(self._named.get(number) or str(number) for number in numbers)

    def eventFilter(self, watched: QObject | None, event: QEvent | None) -> bool:
        """Have Enter take what is offered, and not apply the form."""
        if (
            isinstance(event, QKeyEvent)
            and event.type() == QEvent.Type.ShortcutOverride
            and event.key() in (Qt.Key.Key_Return, Qt.Key.Key_Enter)
            and sure(self.completer.popup()).isVisible()
        ):
            event.accept()
        return super().eventFilter(watched, event)

    # What is offered ----------------------------------------------------------------------------------------------

    def _offer(self, text: str) -> None:
        """Offer labels that hold what is typed after the last comma."""
        word = text[: self.edit.cursorPosition()].rpartition(",")[2].strip()
        popup = sure(self.completer.popup())
        if not word or not self._named:
            popup.hide()
            return
        self.completer.setCompletionPrefix(word)
        if self.completer.completionCount():
            self.completer.complete()
            popup.setCurrentIndex(sure(self.completer.completionModel()).index(0, 0))
        else:
            popup.hide()

    def _complete(self, word: str) -> None:
        """Put a label in the place of what is typed after the last comma."""
        place = self.edit.cursorPosition()
        text = self.edit.text()
        before, comma, _ = text[:place].rpartition(",")
        begun = f"{before}{comma}{' ' if comma else ''}{word}"
        self.edit.setText(begun + text[place:])
        self.edit.setCursorPosition(len(begun))

    def _take(self, voxel: Voxel) -> None:
        """Take the label of a voxel that was clicked."""
        if not self.pick.isChecked() or not self.isVisible() or self.around.label_at is None:
            return
        number = self.around.label_at(self._image, voxel)
        if number is None:
            return
        if QApplication.keyboardModifiers() & Qt.KeyboardModifier.ShiftModifier:
            now = self.value()
            self.set_value(tuple(one for one in now if one != number) if number in now else (*now, number))
        else:
            self.set_value((number,))
