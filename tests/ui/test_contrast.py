"""Text is read and marks are seen, light and dark: contrasts as WCAG 2.2 computes them, at level AA."""

from __future__ import annotations

import re

import pytest
from PyQt6.QtGui import QColor, QPalette
from PyQt6.QtWidgets import QApplication

from maskeditor.ui.look.resources import resource
from maskeditor.ui.look.theme import fields_palette, palette

Role, Group = QPalette.ColorRole, QPalette.ColorGroup
#: Of text (1.4.3), and of what is no text but has a meaning (1.4.11).
TEXT, MARK = 4.5, 3.0
PAIRS = [
    (Role.WindowText, Role.Window),
    (Role.Text, Role.Base),
    (Role.Text, Role.AlternateBase),
    (Role.PlaceholderText, Role.Window),
    (Role.PlaceholderText, Role.Base),
    (Role.PlaceholderText, Role.AlternateBase),
    (Role.ButtonText, Role.Button),
    (Role.WindowText, Role.Button),
    (Role.BrightText, Role.Window),
    (Role.BrightText, Role.Base),
    (Role.BrightText, Role.Button),
    (Role.HighlightedText, Role.Highlight),
    (Role.ToolTipText, Role.ToolTipBase),
    (Role.Link, Role.Window),
    (Role.Link, Role.Base),
]


def luminance(colour: QColor) -> float:
    """Return the relative luminance of WCAG 2.2."""
    parts = (c / 12.92 if c <= 0.04045 else ((c + 0.055) / 1.055) ** 2.4 for c in colour.getRgbF()[:3])
    red, green, blue = parts
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue


def contrast(one: QColor, other: QColor) -> float:
    """Return the contrast ratio of WCAG 2.2."""
    low, high = sorted((luminance(one), luminance(other)))
    return (high + 0.05) / (low + 0.05)


def test_the_ratios_are_those_of_the_recommendation() -> None:
    assert contrast(QColor("black"), QColor("white")) == pytest.approx(21)
    # The grey that is just readable on white, as the W3C gives it.
    assert contrast(QColor("#767676"), QColor("white")) == pytest.approx(4.54, abs=0.005)


@pytest.mark.parametrize("dark", [False, True])
@pytest.mark.parametrize(("text", "ground"), PAIRS)
def test_text_is_read(qapp: QApplication, text: Role, ground: Role, dark: bool) -> None:
    shown = palette(dark)
    assert contrast(shown.color(text), shown.color(ground)) >= TEXT


@pytest.mark.parametrize("dark", [False, True])
def test_marks_are_seen(qapp: QApplication, dark: bool) -> None:
    shown = palette(dark)
    # The ring and the selection; the edge of an empty check box; what is refused.
    for role in (Role.Highlight, Role.Dark, Role.BrightText):
        for ground in (Role.Window, Role.Base):
            assert contrast(shown.color(role), shown.color(ground)) >= MARK, (role, ground)


@pytest.mark.parametrize("dark", [False, True])
def test_the_style_names_colours_of_the_palette_alone(qapp: QApplication, dark: bool) -> None:
    sheet = re.sub(r"/\*.*?\*/", "", resource("style/maskeditor.qss").read_text(encoding="utf-8"), flags=re.S)
    assert not re.findall(r"#[0-9a-fA-F]{3,8}\b|rgba?\(", sheet)
    shown = palette(dark)
    roles = {name: role for role in Role for name in [_in_sheet(role.name)]}
    for rule in sheet.split("}"):
        of = dict(re.findall(r"(color|background|border):[^;]*?palette\(([a-z-]+)\)", rule))
        if "color" in of and "background" in of:
            assert contrast(shown.color(roles[of["color"]]), shown.color(roles[of["background"]])) >= TEXT
        assert set(of.values()) <= roles.keys()


def _in_sheet(name: str) -> str:
    """Return the name of a role as a style sheet writes it: ToolTipText is tool-tip-text."""
    return re.sub(r"(?<!^)(?=[A-Z])", "-", name).lower()


@pytest.mark.parametrize("dark", [False, True])
def test_the_edge_of_a_field_is_seen(qapp: QApplication, dark: bool) -> None:
    own = palette(dark)
    # As the Fusion style draws it.
    edge = fields_palette(dark).color(Role.Window).darker(140)
    assert contrast(edge, own.color(Role.Base)) >= MARK
    assert contrast(edge, own.color(Role.Window)) >= MARK
