"""How an image is looked at: the crosshair, the volume shown, window and level, colours. None of it is undoable."""

from __future__ import annotations

from dataclasses import dataclass, fields

from maskeditor.core.space.volume import FrameChoice
from maskeditor.engine.box import Box, Voxel
from maskeditor.model.view.comparison import Comparison
from maskeditor.model.view.display import Display


@dataclass(frozen=True)
class ViewState:
    """How an image is looked at.

    Parameters
    ----------
    crosshair : tuple of 3 int
        The voxel that the three planes agree on.
    frame : int, "mean" or a range
        The volume of a 4D image that is shown.
    window : tuple of 2 float
        The intensities drawn darkest and brightest.
    colour_map : str
        Name of the colour map.
    opacity : float
        Of masks, 0 to 1.
    outline : bool
        Whether masks are drawn as outlines.
    masks_hidden : bool
        Whether the image is seen without its masks, for as long as a key is held.
    radiological : bool
        Whether the patient's left is on the right of the screen.
    smooth : bool
        Whether voxels are blended where they are larger than the screen's pixels.
    linked_zoom : bool
        Whether all planes have one scale.
    voxel_grid : bool
        Whether lines part voxels that are large on the screen.
    crosshair_visible : bool
    displays : tuple of Display
        How further images are looked at, from the lowest to the one on top; some may not be there now.
    overlays_hidden : bool
        Whether the image is seen without further images over it.
    image_visible : bool
        Whether the image itself is seen, else black below the further images.
    image_opacity : float
        Of the image itself, over black, 0 to 1.
    comparison : Comparison or None
        How the image is compared with a further one.
    chosen_image : str
        The name of the image that is chosen among all; "" is the one that is edited on.
    picks_region : bool
        Whether a rectangle that is dragged with Ctrl is the region to be counted; else it is that of best contrast.
    region : Box or None
        The region that is counted, outlined.
    """

    crosshair: Voxel = (0, 0, 0)
    frame: FrameChoice = 0
    window: tuple[float, float] = (0.0, 1.0)
    colour_map: str = "grey"
    opacity: float = 0.4
    outline: bool = False
    masks_hidden: bool = False
    radiological: bool = True
    smooth: bool = False
    linked_zoom: bool = True
    voxel_grid: bool = True
    crosshair_visible: bool = True
    displays: tuple[Display, ...] = ()
    overlays_hidden: bool = False
    image_visible: bool = True
    image_opacity: float = 1.0
    comparison: Comparison | None = None
    chosen_image: str = ""
    picks_region: bool = False
    region: Box | None = None


#: The names of all that can change.
FIELDS = frozenset(field.name for field in fields(ViewState))
