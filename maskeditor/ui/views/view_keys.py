"""What keys do in the planes, beside the actions of the menus."""

from __future__ import annotations

from PyQt6.QtCore import QKeyCombination, Qt
from PyQt6.QtGui import QKeyEvent, QKeySequence

from maskeditor.ui.look.keys import Keyed, Keys

_PLANES = "Planes"
#: Of the crosshair: pixels to the right and downwards, as one sees it.
MOVES = {"move_left": (-1, 0), "move_right": (1, 0), "move_up": (0, -1), "move_down": (0, 1)}
#: Slices up.
STEPS = {"slice_up": 1, "slice_down": -1}
#: Voxels and slices that these keys go with Shift.
FAST = 5

VIEW_KEYS = (
    Keyed("move_left", "Crosshair left", ("Left",), _PLANES, f"Move the crosshair one voxel; with Shift, {FAST}."),
    Keyed("move_right", "Crosshair right", ("Right",), _PLANES, f"Move the crosshair one voxel; with Shift, {FAST}."),
    Keyed("move_up", "Crosshair up", ("Up",), _PLANES, f"Move the crosshair one voxel; with Shift, {FAST}."),
    Keyed("move_down", "Crosshair down", ("Down",), _PLANES, f"Move the crosshair one voxel; with Shift, {FAST}."),
    Keyed("slice_up", "Next slice", ("PgUp",), _PLANES, f"In the plane pointed at; with Shift, {FAST} on."),
    Keyed("slice_down", "Previous slice", ("PgDown",), _PLANES, f"In the plane pointed at; with Shift, {FAST} on."),
    Keyed(
        "use_tool",
        "Use the tool at the crosshair",
        ("P",),
        _PLANES,
        "As the left button does: held, with the keys that move the crosshair, it drags; a brush paints.",
    ),
    Keyed(
        "use_tool_other",
        "Use the other side of the tool",
        ("Shift+P",),
        _PLANES,
        "As the right button does, at the crosshair: a brush erases.",
    ),
    Keyed("take_back", "Take back within a gesture", ("Backspace",), _PLANES, "The last corner, click or seeds."),
    Keyed("hide_masks", "Hide masks", ("H",), _PLANES, "As long as the key is held."),
    Keyed("pan", "Pan", ("Space",), _PLANES, "As long as the key is held, the left button moves the picture."),
)


#: What these keys are to the tool in hand.
BUTTONS = {"use_tool": Qt.MouseButton.LeftButton, "use_tool_other": Qt.MouseButton.RightButton}


def meant(event: QKeyEvent, keys: Keys) -> tuple[str, bool]:
    """Return the id of what a key does in the planes, and whether Shift is held beside; nothing for another key."""
    held = event.modifiers() & ~Qt.KeyboardModifier.KeypadModifier
    id = keys.started_by(_written(event, held))
    if id or not held & Qt.KeyboardModifier.ShiftModifier:
        return id, False
    id = keys.started_by(_written(event, held & ~Qt.KeyboardModifier.ShiftModifier))
    return (id, True) if id in MOVES or id in STEPS else ("", False)


def is_key_of(event: QKeyEvent, id: str, keys: Keys) -> bool:
    """Whether a key, with whatever is held beside it by now, is one of those that do something."""
    return any(QKeySequence(key)[0].key() == event.key() for key in keys.of(id))


def _written(event: QKeyEvent, held: Qt.KeyboardModifier) -> str:
    return QKeySequence(QKeyCombination(held, Qt.Key(event.key()))).toString()
