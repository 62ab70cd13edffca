"""Light and dark: the colours and the style of the whole application."""

from __future__ import annotations

from enum import StrEnum

from PyQt6.QtCore import QObject, Qt, pyqtSignal
from PyQt6.QtGui import QColor, QPalette
from PyQt6.QtWidgets import QApplication

from maskeditor.ui.look.drags import Drags
from maskeditor.ui.look.kept import early
from maskeditor.ui.look.plain_text import as_plain_text
from maskeditor.ui.look.resources import resource
from maskeditor.ui.look.style import MeetingStyle

_Role = QPalette.ColorRole


class Theme(StrEnum):
    """How the application looks."""

    SYSTEM = "system"
    LIGHT = "light"
    DARK = "dark"


def early_theme() -> Theme:
    """Return the theme that is kept, for the first paint."""
    name = early("theme", Theme.SYSTEM.value)
    return Theme(name) if name in list(Theme) else Theme.SYSTEM


_LIGHT = {
    _Role.Window: "#f3f3f4",
    _Role.WindowText: "#1d1f22",
    _Role.Base: "#ffffff",
    _Role.AlternateBase: "#f6f7f8",
    _Role.Text: "#1d1f22",
    _Role.PlaceholderText: "#666b72",
    _Role.Button: "#fafafa",
    _Role.ButtonText: "#1d1f22",
    _Role.BrightText: "#b3261e",
    _Role.ToolTipBase: "#ffffff",
    _Role.ToolTipText: "#1d1f22",
    _Role.Highlight: "#2f6fbf",
    _Role.HighlightedText: "#ffffff",
    _Role.Link: "#1f5fae",
    _Role.Light: "#ffffff",
    _Role.Midlight: "#e6e7e9",
    _Role.Mid: "#c3c6ca",
    _Role.Dark: "#84888e",
    _Role.Shadow: "#6d7177",
}
_DARK = {
    _Role.Window: "#26282b",
    _Role.WindowText: "#e4e6e8",
    _Role.Base: "#1b1d1f",
    _Role.AlternateBase: "#212326",
    _Role.Text: "#e4e6e8",
    _Role.PlaceholderText: "#8e949b",
    _Role.Button: "#33363a",
    _Role.ButtonText: "#e4e6e8",
    _Role.BrightText: "#ff8a80",
    _Role.ToolTipBase: "#33363a",
    _Role.ToolTipText: "#e4e6e8",
    _Role.Highlight: "#3673bd",
    _Role.HighlightedText: "#ffffff",
    _Role.Link: "#7ab3f5",
    _Role.Light: "#4a4e53",
    _Role.Midlight: "#3a3d41",
    _Role.Mid: "#4a4e54",
    _Role.Dark: "#70767d",
    _Role.Shadow: "#0f1011",
}
#: Text of what cannot be used now, and of undone steps, light and dark: fainter, and still to be read.
_DISABLED = ("#6a6f76", "#9aa0a7")

#: What the style divides the brightness of a window by, in percent, for the outline of a field.
_OUTLINE = 140
#: What has such an outline.
_FIELDS = ("QAbstractSpinBox", "QComboBox", "QLineEdit", "QPlainTextEdit")


def palette(dark: bool) -> QPalette:
    """Return the light or the dark palette."""
    made = QPalette()
    for role, colour in (_DARK if dark else _LIGHT).items():
        made.setColor(role, QColor(colour))
    for role in (_Role.WindowText, _Role.Text, _Role.ButtonText, _Role.HighlightedText):
        made.setColor(QPalette.ColorGroup.Disabled, role, QColor(_DISABLED[dark]))
    made.setColor(QPalette.ColorGroup.Disabled, _Role.Highlight, made.color(_Role.Mid))
    return made


def fields_palette(dark: bool) -> QPalette:
    """Return what the palette of fields has beside that of the application.

    The style draws the outline of a field as a darker shade of the window around it, which is hardly to be seen, on
    dark ground not at all. Fields themselves are of another role, so that theirs may be one that comes out as the dark
    colour of the palette, at no cost when they are drawn.
    """
    made = QPalette()
    made.setColor(_Role.Window, QColor((_DARK if dark else _LIGHT)[_Role.Dark]).lighter(_OUTLINE))
    return made


def is_dark(shown: QPalette) -> bool:
    """Whether a palette has light text on dark ground."""
    return shown.color(_Role.Window).lightness() < shown.color(_Role.WindowText).lightness()


class Themer(QObject):
    """Gives the application its look, and follows the system when asked to.

    Parameters
    ----------
    application : QApplication
    theme : Theme
        What to begin with.
    """

    #: The look was changed, by the user or by the system.
    changed = pyqtSignal()

    def __init__(self, application: QApplication, theme: Theme = Theme.SYSTEM) -> None:
        super().__init__(application)
        self._application = application
        # Before any palette of ours hides it.
        self._system_dark = is_dark(application.palette())
        self._theme = theme
        #: What Qt drags, in all windows.
        self.drags = Drags(self)
        application.setStyle(MeetingStyle("Fusion", as_plain_text, self.drags.watch))
        hints = application.styleHints()
        if hints is not None:
            hints.colorSchemeChanged.connect(self._follow)
        self._show()

    @property
    def theme(self) -> Theme:
        """What was chosen."""
        return self._theme

    @property
    def dark(self) -> bool:
        """Whether the application is dark now."""
        return self._wants_dark()

    def choose(self, theme: Theme) -> None:
        """Change the look."""
        if theme is not self._theme:
            self._theme = theme
            self._show()

    def _follow(self) -> None:
        if self._theme is Theme.SYSTEM:
            self._show()

    def _wants_dark(self) -> bool:
        if self._theme is not Theme.SYSTEM:
            return self._theme is Theme.DARK
        hints = self._application.styleHints()
        scheme = hints.colorScheme() if hints is not None else Qt.ColorScheme.Unknown
        # Desktops that know no such choice still give colours of their own.
        return self._system_dark if scheme is Qt.ColorScheme.Unknown else scheme is Qt.ColorScheme.Dark

    def _show(self) -> None:
        self._application.setPalette(palette(self._wants_dark()))
        for kind in _FIELDS:
            self._application.setPalette(fields_palette(self._wants_dark()), kind)
        # Rules name colours of the palette, so that one sheet serves both; set again, they take the new ones.
        self._application.setStyleSheet(resource("style/maskeditor.qss").read_text(encoding="utf-8"))
        self.changed.emit()
