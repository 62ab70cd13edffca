"""The button that folds the form of a step's limits out and in."""

from __future__ import annotations

from collections.abc import Mapping

from PyQt6.QtCore import Qt
from PyQt6.QtWidgets import QSizePolicy, QToolButton, QWidget

from maskeditor.core.operation.scope import EVERYWHERE, Scope


class WhereButton(QToolButton):
    """Shows the limits of a step even while their form is folded away."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setCheckable(True)
        # Long limits are cut off rather than the panel widened.
        self.setSizePolicy(QSizePolicy.Policy.Ignored, QSizePolicy.Policy.Fixed)
        self.setAutoRaise(True)
        self.setToolButtonStyle(Qt.ToolButtonStyle.ToolButtonTextBesideIcon)
        self.setToolTip("Limit the step to some slices, to the inside of another ROI, or to intensities")
        self.toggled.connect(self._turn)
        self._turn(False)
        self.show_limits(EVERYWHERE)

    def show_limits(self, scope: Scope, rois: Mapping[str, str] | None = None) -> None:
        """Show the limits that are set; ROIs by their names, which are given by id."""
        named = scope.renamed({roi: roi for roi in scope.references()} | dict(rois or {}))
        text = f"Where: {named.summary() or 'everywhere'}"
        self.setText(text)
        self.setStatusTip(text)

    def _turn(self, on: bool) -> None:
        self.setArrowType(Qt.ArrowType.DownArrow if on else Qt.ArrowType.RightArrow)
