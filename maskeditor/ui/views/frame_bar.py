"""The bar below the planes that goes through the volumes of a series."""

from __future__ import annotations

from PyQt6.QtCore import Qt, QTimer
from PyQt6.QtWidgets import QCheckBox, QHBoxLayout, QLabel, QSlider, QSpinBox, QToolButton, QWidget

from maskeditor.model.view.viewer import Viewer
from maskeditor.ui.look.glyphs import glyph
from maskeditor.ui.look.keys import Keys

#: Volumes a second that are played unless another speed is chosen.
SPEED = 5


class FrameBar(QWidget):
    """Chooses the volume of a 4D image, or the mean of all, or plays them; hidden for other images.

    Parameters
    ----------
    viewer : Viewer
    keys : Keys
    """

    def __init__(self, viewer: Viewer, keys: Keys) -> None:
        super().__init__()
        self._viewer, self._keys = viewer, keys
        self.slider = QSlider(Qt.Orientation.Horizontal)
        self.slider.setAccessibleName("Volume in time")
        self.slider.setToolTip("The volume of the series that is shown, counted from 0.")
        self.label = QLabel()
        self.mean = QCheckBox("Mean")
        self.mean.setToolTip("Show the mean over all volumes.")
        self.play_button = QToolButton()
        self.play_button.setCheckable(True)
        self.play_button.setAutoRaise(True)
        self.play_button.toggled.connect(self._play)
        self.speed = QSpinBox()
        self.speed.setAccessibleName("Speed")
        self.speed.setRange(1, 30)
        self.speed.setSuffix(" /s")
        self.speed.setValue(SPEED)
        self.speed.setToolTip("How many volumes a second are played, as far as they can be drawn in time.")
        self.speed.valueChanged.connect(lambda _: self._set_pace())
        self._pace = QTimer(self)
        self._pace.timeout.connect(self._show_next)
        layout = QHBoxLayout(self)
        layout.setContentsMargins(6, 2, 6, 2)
        for widget in (QLabel("Volume"), self.slider, self.label, self.mean, self.play_button, self.speed):
            layout.addWidget(widget, int(widget is self.slider))
        self._set_pace()
        self._show_button(False)
        self.slider.valueChanged.connect(self._slide)
        self.mean.toggled.connect(self._toggle_mean)
        self.hide()

    def follow(self, changed: frozenset[str]) -> None:
        """Take over what changed in the state of the view."""
        if not changed & {"volume", "frame", "mean"}:
            return
        volume, frame = self._viewer.volume, self._viewer.state.frame
        frames = 1 if volume is None else volume.frames
        self.setVisible(frames > 1)
        if "volume" in changed:
            self.play_button.setChecked(False)
        for widget in (self.slider, self.mean):
            widget.blockSignals(True)
        self.slider.setRange(0, frames - 1)
        if isinstance(frame, int):
            self.slider.setValue(frame)
        self.slider.setEnabled(isinstance(frame, int))
        self.mean.setChecked(frame == "mean")
        for widget in (self.slider, self.mean):
            widget.blockSignals(False)
        is_due = frame != self._viewer.shown_frame
        self.label.setText("working out the mean …" if is_due else f"{self.slider.value()} of 0–{frames - 1}")

    def _slide(self, value: int) -> None:
        self._viewer.set_frame(value)

    def _toggle_mean(self, on: bool) -> None:
        self._viewer.set_frame("mean" if on else self.slider.value())

    @property
    def playing(self) -> bool:
        """Whether one volume after another is shown."""
        return self._pace.isActive()

    def _set_pace(self) -> None:
        self._pace.setInterval(round(1000 / self.speed.value()))

    def _play(self, on: bool) -> None:
        self._show_button(on)
        if on:
            self._pace.start()
        else:
            self._pace.stop()

    def _show_button(self, plays: bool) -> None:
        self.play_button.setIcon(glyph("stop" if plays else "play"))
        self.play_button.setAccessibleName("Stop" if plays else "Play")
        tip = "Stay at the volume shown" if plays else "Show one volume after another, over and over"
        self._keys.explain(self.play_button, f"{tip} ({{play_volumes}}).")

    def _show_next(self) -> None:
        """Show the volume after the one shown; after the last, and from a mean, the first."""
        volume, frame = self._viewer.volume, self._viewer.state.frame
        if volume is not None:
            self._viewer.set_frame((frame + 1) % volume.frames if isinstance(frame, int) else 0)
