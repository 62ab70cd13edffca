"""Every action of the program, once: menus, tool bar, shortcuts and the list of shortcuts are made from it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from maskeditor.model.abilities import Ability
from maskeditor.model.new_rois import MOST_COMPONENTS
from maskeditor.model.view.comparison import How
from maskeditor.ui.data.entries import data_entries
from maskeditor.ui.look.keys import Keyed
from maskeditor.ui.tools.toolbox import tools
from maskeditor.ui.views.cells import Layout

_EDIT = (Ability.IMAGE, Ability.IDLE)
_OF_SLICE = (*_EDIT, Ability.UNLOCKED, Ability.MASK)


@dataclass(frozen=True)
class Entry:
    """An action: what it is called, the keys that start it, and what it needs.

    Parameters
    ----------
    id : str
        Name of the method that carries it out.
    text : str
        In the menu.
    keys : tuple of str
        Shortcuts; the first is shown in the menu.
    needs : tuple of Ability
        Without these it is disabled, and its tool tip says why.
    checkable : bool
    group : str
        Actions of one group exclude one another.
    tip : str
        One sentence.
    menu : str
        The submenu that it stands in, which is where its first entry is.
    """

    id: str
    text: str
    keys: tuple[str, ...] = ()
    needs: tuple[Ability, ...] = ()
    checkable: bool = False
    group: str = ""
    tip: str = ""
    menu: str = ""

    @property
    def title(self) -> str:
        """The text without what only a menu needs."""
        return plain_title(self.text)


#: The ways to compare images: title, key, and how both are seen.
_COMPARED: tuple[tuple[How, str, str, str], ...] = (
    ("side by side", "&Side by side", "F5", "beside each other"),
    ("blend", "&Blend", "F6", "through each other"),
    ("checkerboard", "Check&erboard", "F7", "in squares"),
    ("swipe", "Swipe &line", "F8", "on both sides of a line"),
    ("blink", "Blin&k", "F9", "in turn"),
)

#: The layouts: title, key, and what stands where.
_LAYOUTS: tuple[tuple[Layout, str, str, str], ...] = (
    (Layout.THREE, "&Three planes", "Ctrl+1", "Show three planes and the histogram, in a row where there is room."),
    (Layout.ONE, "&One large plane", "Ctrl+2", "Show the plane last pointed at alone, beside the histogram."),
    (Layout.FOUR, "&Four cells", "Ctrl+3", "Show three planes and the surfaces of the masks."),
    (
        Layout.MONTAGE,
        "&Montage",
        "Ctrl+4",
        "Show many slices of one plane; a click goes to the place, a wheel further.",
    ),
)


def plain_title(text: str) -> str:
    """Return the text of a menu without what only a menu needs.

    Examples
    --------
    >>> plain_title("Open DICOM &folder…")
    'Open DICOM folder'
    """
    return text.replace("&", "").rstrip("…")


def action_of(how: How) -> str:
    """Return the id of the action that compares images in a way."""
    return f"compare_{how.replace(' ', '_')}"


#: None is a separator; a string names a submenu that is filled elsewhere.
MENUS: Mapping[str, tuple[Entry | str | None, ...]] = {
    "&File": (
        Entry("open_file", "&Open…", ("Ctrl+O",), (Ability.IDLE,), tip="Open a NIfTI or DICOM file, or a session."),
        Entry("open_folder", "Open DICOM &folder…", ("Ctrl+D",), (Ability.IDLE,), tip="Open a folder of DICOM files."),
        Entry("open_mask", "Open &mask…", ("Ctrl+Shift+O",), _EDIT, tip="Bring a mask or label file in as a step."),
        Entry(
            "add_image",
            "Add ima&ge…",
            ("Ctrl+Shift+A",),
            _EDIT,
            tip="Lay a NIfTI or DICOM file over the image, such as a statistical map or another contrast.",
        ),
        Entry("add_folder", "Add &DICOM folder…", (), _EDIT, tip="Lay an image of a folder of DICOM files over it."),
        "Open &recent",
        "Open sam&ple",
        None,
        Entry(
            "save_mask", "&Save mask", ("Ctrl+S",), (*_EDIT, Ability.MASK), tip="Save the active ROI's mask as NIfTI."
        ),
        Entry(
            "save_mask_as",
            "Save mask &as…",
            ("Ctrl+Shift+S",),
            (*_EDIT, Ability.MASK),
            tip="Save the active ROI's mask under another name.",
        ),
        Entry(
            "save_labels",
            "Save ROIs as &labels…",
            ("Ctrl+Shift+L",),
            (*_EDIT, Ability.MASKS),
            tip="Save all ROIs as one NIfTI image of labels, with a table of their names and the steps of all.",
        ),
        Entry(
            "save_image",
            "Save c&hosen image…",
            (),
            _EDIT,
            tip="Save the image that is chosen in the list of images as NIfTI: as it is, made by a step, or resampled.",
        ),
        Entry(
            "save_session_as",
            "Save sess&ion as…",
            ("Ctrl+Alt+S",),
            _EDIT,
            tip="Save all ROIs and steps, undo and redo in a file, which every later move is kept in too.",
        ),
        Entry(
            "interrupted_sessions",
            "In&terrupted sessions…",
            (),
            (Ability.IDLE,),
            tip="Restore or discard what was open when the program ended unexpectedly.",
        ),
        None,
        Entry("save_recipe", "Save re&cipe…", (), _EDIT, tip="Save the steps of the active ROI as JSON."),
        Entry("run_recipe", "R&un recipe…", (), _EDIT, tip="Carry out the steps of a recipe or of a saved mask."),
        Entry(
            "export_figure",
            "&Export figure…",
            ("Ctrl+Shift+F",),
            (Ability.IMAGE,),
            tip="Save or copy a picture of the planes or of the montage as they are seen, as PNG or SVG.",
        ),
        Entry(
            "export_segmentation",
            "E&xport DICOM SEG…",
            (),
            (*_EDIT, Ability.SEGMENTATION),
            tip="Write all ROIs of a DICOM image as segments.",
        ),
        None,
        Entry("quit", "&Quit", ("Ctrl+Q",)),
    ),
    "&Edit": (
        Entry("undo", "&Undo", ("Ctrl+Z",), (*_EDIT, Ability.UNDO), tip="Take back the last move."),
        Entry("redo", "&Redo", ("Ctrl+Shift+Z", "Ctrl+Y"), (*_EDIT, Ability.REDO), tip="Make the move again."),
        None,
        Entry("add_roi", "&New ROI", ("Ctrl+N",), _EDIT, tip="Add an empty ROI and work on it."),
        Entry("delete_roi", "&Delete ROI", (), _EDIT, tip="Delete the active ROI with its steps; undo brings it back."),
        Entry(
            "copy_roi",
            "C&opy ROI",
            ("Ctrl+Shift+D",),
            (*_EDIT, Ability.MASK),
            tip="Make an ROI with the voxels of the active one; it follows when the steps of that are changed.",
        ),
        Entry(
            "split_roi",
            "&Split ROI into components",
            ("Ctrl+Shift+K",),
            (*_EDIT, Ability.MASK),
            tip=f"Make an ROI of each component of the active one, the largest first, {MOST_COMPONENTS} at most.",
        ),
        Entry("merge_rois", "Mer&ge ROIs…", ("Ctrl+Shift+M",), (*_EDIT, Ability.MASKS), tip="Make an ROI of several."),
        Entry(
            "mirror_roi",
            "Mirror ROI &left–right",
            ("Ctrl+Shift+H",),
            (*_EDIT, Ability.UNLOCKED, Ability.MASK),
            tip="Swap left and right of the active ROI about the middle of the image.",
        ),
        Entry("previous_roi", "&Previous ROI", (",",), (Ability.IMAGE,), tip="Work on the ROI above."),
        Entry("next_roi", "Ne&xt ROI", (".",), (Ability.IMAGE,), tip="Work on the ROI below."),
        None,
        Entry(
            "invert",
            "&Invert mask",
            ("Ctrl+Shift+I",),
            (*_EDIT, Ability.UNLOCKED),
            tip="Turn inside into outside and outside into inside.",
        ),
        Entry(
            "clear", "&Clear mask", ("Ctrl+Del",), (*_EDIT, Ability.UNLOCKED, Ability.MASK), tip="Remove every voxel."
        ),
        None,
        Entry(
            "copy_python",
            "Copy as P&ython",
            (),
            (*_EDIT, Ability.MASK),
            tip="Copy a script that makes the active ROI's mask by nibabel, numpy, scipy and nilearn alone.",
        ),
        Entry(
            "copy_methods",
            "Copy &methods text",
            (),
            (*_EDIT, Ability.MASK),
            tip="Copy a paragraph for a paper that tells how the active ROI's mask was made, with references.",
        ),
        None,
        Entry(
            "go_on",
            "Next part of the &window",
            ("Ctrl+F6",),
            tip="Give the keyboard to the planes, the histogram and each panel that is seen, in turn.",
        ),
        Entry("preferences", "Pre&ferences…", ("Ctrl+,",), tip="Choose what is shown, where, and which keys do what."),
        Entry(
            "cancel",
            "C&ancel",
            ("Esc",),
            tip="Give up a gesture, what runs, a comparison or what is not applied, or leave an earlier step.",
        ),
    ),
    "&Operations": (),
    "&Tools": (
        *(Entry(tool.action, tool.title, (tool.key,), tool.needs, True, "tool", tool.tip) for tool in tools()),
        None,
        Entry("swap_eraser", "Swap brush and e&raser", ("X",), (Ability.IMAGE,), tip="Paint instead of erasing."),
        Entry("brush_smaller", "Smaller brush", ("[", "-"), (Ability.IMAGE,)),
        Entry("brush_larger", "Larger brush", ("]", "+", "="), (Ability.IMAGE,)),
        *(
            Entry(command.action, command.title, command.keys, (Ability.IMAGE,), tip=command.tip)
            for tool in tools()
            for command in tool.commands
        ),
        Entry("brush_3d", "&3D brush", ("B",), (Ability.IMAGE,), True, "", "Paint a sphere instead of a disc."),
        None,
        Entry(
            "interpolate_slices",
            "&Interpolate between slices…",
            ("I",),
            _OF_SLICE,
            tip="Show what the empty slices between drawn ones would hold, in the plane pointed at; Enter applies.",
        ),
        Entry(
            "copy_to_next",
            "Cop&y to next slice",
            ("Ctrl+PgUp",),
            _OF_SLICE,
            tip="Copy the mask of the slice to the one that {slice_up} goes to, and go there.",
        ),
        Entry(
            "copy_to_previous",
            "C&opy to previous slice",
            ("Ctrl+PgDown",),
            _OF_SLICE,
            tip="Copy the mask of the slice to the one that {slice_down} goes to, and go there.",
        ),
        Entry(
            "fill_outline",
            "Fill inside the outline",
            ("F",),
            _OF_SLICE,
            tip="Fill what the mask encloses in the slice of the plane last pointed at.",
        ),
    ),
    "&View": (
        Entry("window_automatic", "&Automatic window", ("Ctrl+J",), (Ability.IMAGE,), tip="Fit the contrast."),
        "Colour &map",
        None,
        *(
            Entry(f"layout_{layout}", text, (key,), (Ability.IMAGE,), True, "layout", tip, "La&yout")
            for layout, text, key, tip in _LAYOUTS
        ),
        Entry(
            "maximise",
            "Ma&ximise one plane",
            ("F11",),
            (Ability.IMAGE,),
            tip="Give the plane last pointed at the room of all three, or share it again.",
            menu="La&yout",
        ),
        None,
        Entry("outline", "&Outline only", ("O",), (), True, "", "Draw the edges of masks instead of filling them."),
        Entry("mask_visible", "Show mas&ks", ("M", "Ctrl+H"), (), True, "", "Hold {hide_masks} to hide them a moment."),
        Entry("fainter", "&Fainter masks", ("A",)),
        Entry("stronger", "&Stronger masks", ("D",)),
        None,
        Entry("radiological", "&Radiological", ("Ctrl+R",), (), True, "", "The patient's left on the right."),
        Entry("crosshair", "&Crosshair", ("Ctrl+X",), (), True),
        Entry(
            "smooth_pixels",
            "Interpolate &between voxels",
            (),
            (),
            True,
            "",
            "Blend voxels on the screen; else each is a square.",
        ),
        Entry("voxel_grid", "Voxel gri&d", (), (), True, "", "Draw lines between voxels where they are large."),
        Entry("linked_zoom", "&Zoom all planes together", (), (), True, "", "Show all planes at one scale."),
        Entry("reset_view", "Sho&w whole slices", ("R",), (Ability.IMAGE,)),
        Entry("centre_view", "C&entre on the crosshair", ("C",), (Ability.IMAGE,)),
        Entry(
            "go_to",
            "&Go to…",
            ("Ctrl+G",),
            (Ability.IMAGE,),
            tip="Type a voxel, a position in mm, a slice or a volume.",
        ),
        Entry(
            "note_place",
            "Note t&his place",
            ("Ctrl+B",),
            (Ability.IMAGE,),
            tip="Put the place under the crosshair on the list of noted places.",
        ),
        Entry("previous_volume", "Pre&vious volume", ("Ctrl+Shift+,",), (Ability.FRAMES,)),
        Entry("next_volume", "&Next volume", ("Ctrl+Shift+.",), (Ability.FRAMES,)),
        Entry(
            "play_volumes",
            "&Play volumes",
            ("Ctrl+P",),
            (Ability.FRAMES,),
            True,
            "",
            "Show one volume after another, beginning again after the last; once more stops.",
        ),
        Entry(
            "curves",
            "T&ime and profile",
            ("Ctrl+T",),
            (),
            True,
            "",
            "Show what voxel and ROIs do over time, or the values along a line through the crosshair.",
        ),
        None,
        "&Theme",
        "Pane&ls",
        Entry("usual_layout", "&Usual layout", tip="Put all panels back where they stand at first."),
    ),
    "&Images": (
        Entry(
            "overlays_visible",
            "Sho&w overlays",
            ("V",),
            (Ability.IMAGE,),
            True,
            "",
            "See the image with or without further images over it.",
        ),
        Entry(
            "chosen_visible",
            "Show the &chosen image",
            ("Shift+V",),
            (Ability.IMAGE,),
            True,
            "",
            "See the image that is chosen in the list of images, or do not.",
        ),
        Entry(
            "swap_images",
            "Swa&p",
            ("S",),
            (Ability.IMAGE,),
            tip="Let the two images that are compared change places, or else the chosen one and the one below it.",
        ),
        None,
        *(
            Entry(
                action_of(how), title, (key,), (Ability.IMAGE,), True, "", f"See the image and a further one {where}."
            )
            for how, title, key, where in _COMPARED
        ),
    ),
    "&Data": tuple(Entry(entry.action, entry.text, entry.keys, entry.needs, tip=entry.tip) for entry in data_entries()),
    "&Help": (
        Entry(
            "palette",
            "Find a &command…",
            ("Ctrl+K",),
            tip="Find whatever can be done by words: actions, operations, tools, ROIs, images and preferences.",
        ),
        Entry("manual", "&Manual", tip="Open the manual in the browser; it lies on this computer."),
        Entry("tour", "&Tour", tip="Five steps through the window, at the end of which one knows what is where."),
        Entry("shortcuts", "&Keys and mouse", ("F1", "?")),
        Entry("roi_walk", "From a &statistic to a box plot", tip="Show the stages of the classical ROI analysis."),
        Entry("image_information", "&Image information", ("Ctrl+I",), (Ability.IMAGE,)),
        Entry("about", "&About maskeditor"),
    ),
}

#: The actions of the menu that the list of ROIs has.
OF_ROIS = ("copy_roi", "split_roi", "merge_rois", "mirror_roi", "delete_roi")


def entries() -> tuple[Entry, ...]:
    """Return all actions in the order of the menus."""
    return tuple(entry for menu in MENUS.values() for entry in menu if isinstance(entry, Entry))


def keyed() -> tuple[Keyed, ...]:
    """Return all actions as what can be done by keys, each with the menu that it stands in."""
    return tuple(
        Keyed(entry.id, entry.title, entry.keys, plain_title(menu), entry.tip)
        for menu, members in MENUS.items()
        for entry in members
        if isinstance(entry, Entry)
    )
