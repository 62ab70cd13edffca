"""The bar below the planes while images are compared: which, how, and a click that ends it."""

from __future__ import annotations

import math
from collections.abc import Callable

from PyQt6.QtCore import QSignalBlocker, Qt
from PyQt6.QtWidgets import QComboBox, QHBoxLayout, QLabel, QSizePolicy, QSlider, QToolButton, QWidget

from maskeditor.model.view.comparison import HOWS, SQUARES, TURNS, Comparison, base_name
from maskeditor.ui.look.action_buttons import ActionButtons
from maskeditor.ui.look.elided_label import ElidedLabel
from maskeditor.ui.look.glyphs import glyph
from maskeditor.ui.main_window.actions import Actions
from maskeditor.ui.main_window.menus import action_of
from maskeditor.ui.work.editor import Editor

#: Steps of a slider.
STEPS = 100
#: Of each way that a slider sets something of: the field, its bounds, what it is called, and its value in words.
SET: dict[str, tuple[str, tuple[float, float], str, Callable[[Comparison], str]]] = {
    "blend": ("share", (0.0, 1.0), "How much is the second image", lambda one: f"{one.share:.0%}"),
    "checkerboard": ("square", SQUARES, "Width of the squares", lambda one: f"{one.square:.3g} mm"),
    "swipe": ("share", (0.0, 1.0), "Where the line is, from the left", lambda one: f"{one.share:.0%}"),
    "blink": ("turn", TURNS, "How long each image is seen", lambda one: f"{one.turn:.2g} s"),
}


class CompareBar(QWidget):
    """Shows how images are compared, and sets it; hidden while none are.

    Parameters
    ----------
    editor : Editor
    actions : Actions
        Those that compare, and swap.
    """

    def __init__(self, editor: Editor, actions: Actions) -> None:
        super().__init__()
        self._editor, self._viewer = editor, editor.viewer
        self._comparing = editor.comparing
        self.base = ElidedLabel("First image", least=6)
        self.other = QComboBox()
        self.other.setAccessibleName("Compared with")
        self.other.setToolTip("The further image that the open one is compared with.")
        self.other.setSizeAdjustPolicy(QComboBox.SizeAdjustPolicy.AdjustToMinimumContentsLengthWithIcon)
        self.other.setMinimumContentsLength(8)
        self.other.activated.connect(lambda _: self._choose())
        self.buttons, following = {}, ActionButtons(self)
        for how in HOWS:
            action, button = actions[action_of(how)], QToolButton()
            action.setIcon(glyph(how))
            button.setDefaultAction(action)
            button.setAutoRaise(True)
            following.follow(button)
            self.buttons[how] = button
        self.slider = QSlider(Qt.Orientation.Horizontal)
        self.slider.setAccessibleName("How both are seen")
        self.slider.setRange(0, STEPS)
        self.slider.setPageStep(STEPS // 10)
        self.slider.setMinimumWidth(60)
        self.slider.valueChanged.connect(self._slide)
        self.value = QLabel()
        self.play = QToolButton()
        self.play.setAccessibleName("Play")
        self.play.setAutoRaise(True)
        self.play.clicked.connect(self._play)
        self.swap = QToolButton()
        self.swap.setDefaultAction(actions["swap_images"])
        self.swap.setAutoRaise(True)
        following.follow(self.swap)
        self.close_button = QToolButton()
        self.close_button.setIcon(glyph("close"))
        self.close_button.setAutoRaise(True)
        self.close_button.setAccessibleName("Compare no more")
        editor.keys.explain(self.close_button, "Compare no more ({cancel}).")
        self.close_button.clicked.connect(lambda: self._comparing.stop())
        layout = QHBoxLayout(self)
        layout.setContentsMargins(6, 2, 6, 2)
        layout.setSpacing(4)
        layout.addWidget(self.base)
        layout.addWidget(self.other, 1)
        for button in self.buttons.values():
            layout.addWidget(button)
        for widget in (self.slider, self.value, self.play, self.swap, self.close_button):
            layout.addWidget(widget, int(widget is self.slider))
        policy = self.slider.sizePolicy()
        policy.setRetainSizeWhenHidden(True)
        self.slider.setSizePolicy(policy)
        self.setSizePolicy(QSizePolicy.Policy.Ignored, QSizePolicy.Policy.Fixed)
        self._viewer.changed.connect(self._follow)
        editor.displays.listed.connect(self._show)
        self._show()

    def _follow(self, changed: frozenset[str]) -> None:
        if changed & {"comparison", "images", "volume"}:
            self._show()

    def _show(self) -> None:
        compared = self._viewer.compared
        self.setVisible(compared is not None)
        if compared is None:
            return
        comparison, names = compared[0], self._editor.displays.names
        self.base.setText(f"{base_name(self._viewer.volume)} and")
        with QSignalBlocker(self.other):
            if [self.other.itemText(place) for place in range(self.other.count())] != list(names):
                self.other.clear()
                self.other.addItems(names)
            self.other.setCurrentText(comparison.other)
        self._show_value(comparison)
        self.play.setVisible(comparison.how == "blink")
        self.play.setIcon(glyph("stop" if comparison.plays else "play"))
        self.play.setAccessibleName("Stop" if comparison.plays else "Play")
        self.play.setToolTip(
            "Stay at the image that is seen; S shows the other." if comparison.plays else "Take turns."
        )

    def _show_value(self, comparison: Comparison) -> None:
        is_set = comparison.how in SET
        self.slider.setVisible(is_set)
        self.value.setVisible(is_set)
        if not is_set:
            return
        field, bounds, title, in_words = SET[comparison.how]
        self.value.setText(in_words(comparison))
        self.slider.setAccessibleName(title)
        self.slider.setToolTip(f"{title}: {self.value.text()}")
        # Where it stands already, it is not moved to the nearest step of what it has just set more finely.
        with QSignalBlocker(self.slider):
            self.slider.setValue(_step(getattr(comparison, field), bounds))

    def _slide(self, step: int) -> None:
        comparison = self._viewer.state.comparison
        if comparison is not None and comparison.how in SET:
            field, bounds, *_ = SET[comparison.how]
            self._viewer.change_comparison(**{field: _number(step, bounds)})

    def _choose(self) -> None:
        comparison = self._viewer.state.comparison
        if comparison is not None:
            self._comparing.start(comparison.how, self.other.currentText())

    def _play(self) -> None:
        comparison = self._viewer.state.comparison
        if comparison is not None:
            self._viewer.change_comparison(plays=not comparison.plays)


def _number(step: int, bounds: tuple[float, float]) -> float:
    """Return what a step of the slider stands for: between lengths and times, steps are factors."""
    low, high = bounds
    part = step / STEPS
    return part * high if low == 0 else float(f"{low * (high / low) ** part:.3g}")


def _step(number: float, bounds: tuple[float, float]) -> int:
    """Return the step nearest to a number."""
    low, high = bounds
    return round(STEPS * (number / high if low == 0 else math.log(number / low) / math.log(high / low)))
