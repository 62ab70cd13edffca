"""What the mouse does, for the list of keys: no menu holds it."""

from __future__ import annotations

from maskeditor.ui.tools.toolbox import tools

#: How, and what it does; keys that can be chosen stand there by id.
GESTURES: tuple[tuple[str, str], ...] = (
    ("Wheel", "next or previous slice"),
    ("Ctrl + wheel", "zoom at the pointer"),
    ("Right drag", "zoom (while navigating)"),
    ("Middle drag, Alt + left drag", "pan"),
    ("Double click, or the button in a plane's corner", "maximise the plane, or show all three again"),
    ("Double click with brush or eraser", "paints twice; the plane's corner button or {maximise} maximises"),
    ("Shift + move", "the crosshair follows the pointer"),
    *(gesture for tool in tools() for gesture in tool.gestures),
    ("Surface: drag, or arrow keys", "turn it; with a tool that works there, beside the surface or with Alt"),
    ("Surface: click", "the crosshair goes to that voxel; brush, eraser and component tool work there"),
    ("Surface: wheel, middle drag", "zoom, move; {reset_view} shows all of it again"),
    ("Montage: click, drag", "the crosshair goes there"),
    ("Montage: double click", "show that slice in its plane"),
    ("Montage: wheel", "all slices move on by one"),
    ("Swipe line: drag", "move the line between two images"),
    ("Undo, redo", "where no slice that is seen meets the change, the crosshair goes to it"),
    ("Enter", "apply the operation or the range that is previewed"),
    ("Time and profile: click, drag", "show that volume, or move the crosshair there"),
    ("Histogram: click, drag", "set a threshold, move it; Alt keeps it from snapping"),
)
