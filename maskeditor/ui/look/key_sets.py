"""The keys of other programs, for what they and this one can do."""

from __future__ import annotations

from collections.abc import Mapping

from maskeditor.ui.look.keys import KeysById

#: By the name of the program. What is not named keeps its usual keys, but for those that are taken here.
KEY_SETS: Mapping[str, KeysById] = {
    "usual": {},
    # MainImageWindow.ui and its .cxx, of 2026. A polygon and a snake have tools elsewhere.
    "ITK-SNAP": {
        "tool_navigate": ("1",),
        "tool_brush": ("4",),
        "open_file": ("Ctrl+G",),
        "open_mask": ("Ctrl+O",),
        "save_mask": ("Ctrl+S",),
        "undo": ("Ctrl+Z",),
        "redo": ("Ctrl+Shift+Z",),
        "mask_visible": ("S",),
        "use_tool": ("Space",),
        "fainter": ("A",),
        "stronger": ("D",),
        "previous_roi": (",",),
        "next_roi": (".",),
        "brush_smaller": ("-",),
        "brush_larger": ("+", "="),
        "centre_view": ("C",),
        "reset_view": ("Ctrl+F",),
        "crosshair": ("Shift+X",),
        "window_automatic": ("Ctrl+J",),
        "previous_volume": ("Ctrl+Shift+,",),
        "next_volume": ("Ctrl+Shift+.",),
    },
    # The digits take the tools in the order of its own bar, which this program has not.
    # segmenteditor.md and qMRMLSegmentEditorWidget.cxx, of 2026.
    "3D Slicer": {
        "undo": ("Z", "Ctrl+Z"),
        "redo": ("Y", "Ctrl+Y"),
        "mask_visible": ("G",),
        "previous_roi": ("Q",),
        "next_roi": ("W",),
        "slice_down": ("Left", "B"),
        "slice_up": ("Right", "F"),
        "reset_view": ("R",),
        "brush_smaller": ("-",),
        "brush_larger": ("+", "="),
        "save_mask": ("Ctrl+S",),
        "cancel": ("Esc",),
    },
    # profiles/shortcuts.py, of 2026.
    "FSLeyes": {
        "open_file": ("Ctrl+O",),
        "open_folder": ("Ctrl+D",),
        "save_mask": ("Ctrl+Shift+S",),
        "save_mask_as": (),
        "undo": ("Ctrl+Z",),
        "redo": ("Ctrl+Y",),
        "add_roi": ("Ctrl+N",),
        "mask_visible": ("Ctrl+F",),
        "slice_up": ("+", "=", "PgUp"),
        "slice_down": ("-", "PgDown"),
        "reset_view": ("Alt+R",),
        "centre_view": ("Alt+P",),
        "crosshair": ("Alt+C",),
        "play_volumes": ("Alt+M",),
        "quit": ("Ctrl+Q",),
    },
}
