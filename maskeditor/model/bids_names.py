"""Names of masks as BIDS has them, for images that are named so."""

from __future__ import annotations

import re

#: What BIDS calls tissues and the like by their label; any other name is a description.
LABELS = {
    "background": "BG",
    "grey matter": "GM",
    "gray matter": "GM",
    "white matter": "WM",
    "cerebrospinal fluid": "CSF",
    "bone": "B",
    "soft tissue": "ST",
    "non-brain": "NB",
    "lesion": "L",
    "cortical grey matter": "CGM",
    "cortical gray matter": "CGM",
    "subcortical grey matter": "SGM",
    "subcortical gray matter": "SGM",
    "brainstem": "BS",
    "cerebellum": "CBM",
}
#: Entities that come after the space, in the order of BIDS.
_AFTER_SPACE = ("split", "recording", "chunk", "atlas", "seg", "scale", "res", "den", "label", "desc")
#: What a space is called that is an image's own, where that is another than the image's suffix.
_OWN_SPACE = {"bold": "boldref", "sbref": "boldref"}
_NAME = re.compile(r"(sub-[0-9a-zA-Z+]+(?:_[0-9a-zA-Z]+-[0-9a-zA-Z+]+)*)_([0-9a-zA-Z]+)")


def bids_name(image: str, suffix: str, name: str = "", *, space: bool = False) -> str:
    """Return the name of a mask of an image, without ending; "" where the image is not named as BIDS has it.

    Parameters
    ----------
    image : str
        The name of the image, without ending.
    suffix : {"mask", "dseg"}
        A mask, or an image of labels.
    name : str
        What the mask is called; of an image of labels, nothing.
    space : bool
        Whether the space is named, be it the image's own: some programs look for masks with it, others without.

    Examples
    --------
    >>> bids_name("sub-01_task-rest_bold", "mask", "brain")
    'sub-01_task-rest_desc-brain_mask'
    >>> bids_name("sub-01_T1w", "mask", "Grey matter", space=True), bids_name("T1", "dseg")
    ('sub-01_space-T1w_label-GM_mask', '')
    """
    matched = _NAME.fullmatch(image)
    if matched is None:
        return ""
    entities = dict(part.split("-", 1) for part in matched[1].split("_"))
    own = matched[2]
    called = " ".join(name.lower().replace("_", " ").split())
    if suffix == "mask":
        entities.pop("label", None)
        entities.pop("desc", None)
        plain = re.sub(r"[^0-9a-zA-Z]", "", name)
        label = LABELS.get(called) or (name if name in LABELS.values() else "")
        entities |= {"label": label} if label else {"desc": plain or "roi"}
    else:
        entities.pop("desc", None)
    if space:
        entities.setdefault("space", _OWN_SPACE.get(own, own))
    first = [key for key in entities if key not in ("space", *_AFTER_SPACE)]
    last = [key for key in ("space", *_AFTER_SPACE) if key in entities]
    return "_".join([*(f"{key}-{entities[key]}" for key in (*first, *last)), suffix])
