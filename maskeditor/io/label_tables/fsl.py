"""FSL: an atlas in XML, whose labels are counted from 0; in the label image they begin with 1, as nilearn has it."""

from __future__ import annotations

from xml.etree import ElementTree

from maskeditor.core.space.label_image import NamedLabel


def read(text: str) -> dict[int, NamedLabel] | None:
    """Return the names of labels by number; None if the text is no such atlas.

    Examples
    --------
    >>> read('<atlas><data><label index="0" x="48">Frontal Pole</label></data></atlas>')
    {1: NamedLabel(name='Frontal Pole', colour=None)}
    """
    if not text.lstrip().startswith("<") or "<!ENTITY" in text:
        return None
    try:
        labels = ElementTree.fromstring(text).iter("label")
        return {int(label.attrib["index"]) + 1: NamedLabel((label.text or "").strip()) for label in labels}
    except (ElementTree.ParseError, KeyError, ValueError):
        return None
