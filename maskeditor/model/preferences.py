"""What a person prefers, whatever image is open: one declared model, from which the dialog is drawn."""

from __future__ import annotations

import json
from collections.abc import Mapping
from enum import StrEnum
from typing import Any, Literal, get_args

from pydantic import BaseModel, ConfigDict, ValidationError

from maskeditor.core.history.visits import History
from maskeditor.core.operation.parameters import Parameter, Role, Unit, parameter, parameters_of
from maskeditor.core.space.mask import in_quotes
from maskeditor.model.view.state import FIELDS, ViewState

#: Where the histogram may stand, as people call it.
HistogramPlace = Literal["Beside the planes", "Below", "Left", "Window of its own"]
HISTOGRAM_PLACES: tuple[HistogramPlace, ...] = get_args(HistogramPlace)
#: Where what is given to the program opens, while a window is open.
OpensIn = Literal["New window", "The open window"]
OPENS_IN: tuple[OpensIn, ...] = get_args(OpensIn)


class Page(StrEnum):
    """Preferences that stand together."""

    VIEWS = "Views"
    WINDOW = "Window"
    FILES = "Files and memory"
    KEYS = "Keys"


def _preference(default: Any, page: Page, **declared: Any) -> Any:
    """Declare a preference: a parameter as those of operations are, and the page that it stands on."""
    field = parameter(default, **declared)
    field.json_schema_extra["page"] = page
    return field


class Preferences(BaseModel):
    """What a person prefers; a field that `ViewState` has too is what every image is looked at with.

    Examples
    --------
    >>> Preferences().theme
    'system'
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    radiological: bool = _preference(
        ViewState.radiological,
        Page.VIEWS,
        title="Radiological convention",
        description="The patient's left is on the right of the screen; otherwise on the left (neurological).",
    )
    crosshair_visible: bool = _preference(
        ViewState.crosshair_visible,
        Page.VIEWS,
        title="Crosshair",
        description="Lines in each plane show where the others cut it.",
    )
    linked_zoom: bool = _preference(
        ViewState.linked_zoom,
        Page.VIEWS,
        title="Zoom all planes together",
        description="All planes have one scale; otherwise each is as large as its own room allows.",
    )
    voxel_grid: bool = _preference(
        ViewState.voxel_grid,
        Page.VIEWS,
        title="Voxel grid",
        description="Lines part voxels that are large on the screen.",
    )
    smooth: bool = _preference(
        ViewState.smooth,
        Page.VIEWS,
        title="Interpolate between voxels",
        description="Voxels larger than the pixels of the screen are blended; otherwise they are seen as they are.",
    )
    outline: bool = _preference(
        ViewState.outline,
        Page.VIEWS,
        title="Masks as outlines",
        description="Only the edges of masks are drawn; otherwise they are filled.",
    )
    opacity: float = _preference(
        ViewState.opacity,
        Page.VIEWS,
        title="Opacity of masks",
        description="How strongly masks are drawn, from 0 (clear) to 1.",
        ge=0.0,
        le=1.0,
        step=0.1,
    )
    theme: Literal["system", "light", "dark"] = _preference(
        "system",
        Page.WINDOW,
        title="Theme",
        description="Whether the window is light or dark; system: as other programs are.",
    )
    histogram_place: HistogramPlace = _preference(
        HISTOGRAM_PLACES[0],
        Page.WINDOW,
        title="Place of the histogram",
        description="Where the histogram stands.",
    )
    opens_in: OpensIn = _preference(
        OPENS_IN[0],
        Page.WINDOW,
        title="Files opened from outside",
        description="Where an image opens that is given to the program while a window is open, by a double click on "
        "its file or by a command.",
    )
    tour: bool = _preference(
        True,
        Page.WINDOW,
        title="Tour at the next start",
        description="Five steps through the window are offered when the program starts; Help offers them at any time.",
    )
    recipe_in_masks: bool = _preference(
        True,
        Page.FILES,
        title="Write the recipe into masks",
        description="Saved masks carry the steps that made them in their header, not only in the .json file beside "
        "them.",
    )
    space_in_names: bool = _preference(
        False,
        Page.FILES,
        title="Name the space in proposed names",
        description="Names with space-… are proposed for masks of images that are named as in BIDS: some programs "
        "look for masks with it (sub-01_space-T1w_desc-brain_mask), others, such as fMRIPrep, without it.",
    )
    undo_memory: Literal[16, 64, 128, 256, 512, 1024, 2048, 4096] = _preference(
        History().held.budget >> 20,
        Page.FILES,
        title="Memory for undo",
        description="How much memory undo may take; beyond that, the oldest goes to disk, and nothing is lost.",
        unit=Unit.MEBIBYTES,
    )
    key_set: Literal["usual", "ITK-SNAP", "3D Slicer", "FSLeyes"] = _preference(
        "usual",
        Page.KEYS,
        title="Set of keys",
        description="The keys of another program, for what both can do; all else keeps the keys of maskeditor.",
    )
    own_keys: dict[str, tuple[str, ...]] = _preference(
        {},
        Page.KEYS,
        title="Keys of your own",
        description="By what is done, the keys that start it.",
        role=Role.HIDDEN,
    )


#: The preferences of how every image is looked at.
VIEWED = FIELDS & Preferences.model_fields.keys()


def on_page(page: Page) -> tuple[Parameter, ...]:
    """Return what stands on a page, without what is hidden, in its order."""
    shown = (one for one in parameters_of(Preferences) if one.role is not Role.HIDDEN)
    return tuple(one for one in shown if page_of(one.name) is page)


def page_of(name: str) -> Page:
    """Return the page that a preference stands on."""
    extra = Preferences.model_fields[name].json_schema_extra
    assert isinstance(extra, dict)
    return Page(str(extra["page"]))


def read(kept: Mapping[str, str]) -> tuple[Preferences, tuple[str, ...]]:
    """Return the preferences that were kept, and a sentence for each that could not be read.

    Parameters
    ----------
    kept : mapping of str to str
        Each by its name, as JSON; what is not there is as usual.

    Examples
    --------
    >>> found, findings = read({"theme": '"dark"', "opacity": "7"})
    >>> found.theme, found.opacity
    ('dark', 0.4)
    >>> findings
    ("The preference 'Opacity of masks' is 7, but must be a number from 0 to 1; it is as usual now.",)
    """
    declared = {one.name: one for one in parameters_of(Preferences)}
    values: dict[str, Any] = {}
    findings = []
    for name, text in kept.items():
        if name not in declared:
            findings.append(f"There is no preference {in_quotes(name)}; what is kept of it is left alone.")
            continue
        usual = declared[name]
        try:
            one = Preferences.model_validate_json(f"{{{json.dumps(name)}: {text}}}", strict=True)
        except ValidationError:
            findings.append(
                f"The preference {in_quotes(usual.title)} is {text}, but must be {usual.wanted}; it is as usual now."
            )
        else:
            values[name] = getattr(one, name)
    return Preferences(**values), tuple(findings)


def written(preferences: Preferences, name: str) -> str | None:
    """Return a preference as it is kept; None if it is as usual.

    Examples
    --------
    >>> written(Preferences(theme="dark"), "theme"), written(Preferences(), "theme")
    ('"dark"', None)
    """
    value = getattr(preferences, name)
    return None if value == getattr(Preferences(), name) else json.dumps(value)
