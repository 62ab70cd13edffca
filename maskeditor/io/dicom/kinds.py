"""What sets different images of one series apart: what they show, of whom, and how they were taken."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import NamedTuple

from maskeditor.io.dicom import tags
from maskeditor.io.dicom.elements import Elements, Encoding

#: Parts of ImageType that say how a slice was prepared, not what it shows.
_LABELS = frozenset(("MOSAIC", "VFRAME", "ND", "NORM", "DIS2D", "DIS3D", "DIS", "SH", "FIL", "MFSPLIT", ""))
#: Words of ImageType, up to a low line, that say what an image shows: never are two of them one image.
SHOWN = frozenset({"M", "P", "R", "I", "MAGNITUDE", "PHASE", "REAL", "IMAGINARY", "ADC", "TRACEW", "FA"}) | frozenset(
    {"W", "F", "WATER", "FAT", "IP", "OP", "IN", "OUT", "OPP", "LOCALIZER", "MPR", "MIP", "MNIP"}
)
#: What complex numbers are made of, beside their magnitude; GE numbers them so.
COMPONENTS = ("phase", "real", "imaginary")
#: GE's flag of what a volume is: of diffusion (measured without weighting, in one of three directions, in any) one
#: image, and what was worked out of it (combined, as a trace is). Of flow, three directions are three images.
_GE_MEASURED, _GE_DIRECTIONS, _GE_COMBINED = (0, 14, 16), (3, 4, 5), (15, 43)
_GE_MAGNITUDE = 2
#: Sequences of GE that give a field map beside a magnitude, by what is in their names.
_GE_FIELD_MAPS = ("b0map", "b0rf")
_PHILIPS_COMPONENTS = {"M": "magnitude", "P": "phase", "R": "real", "I": "imaginary"}
_SIEMENS = "SIEMENS MR HEADER"
#: Who owns an element: others may keep other things at the same place.
_OWNERS = {tags.SIEMENS_COIL: (tags.SIEMENS_TEXT_CREATOR, _SIEMENS)}
#: What is measured in these is what needs no name.
_USUAL_UNITS = frozenset(("US", "NORMALIZED", "HU", "UNSPECIFIED"))


class Part(NamedTuple):
    """What never differs within one image.

    `patient` is a fingerprint of who was scanned, and says nothing of them; `maker` what only elements of the maker's
    own say. `settings` are those of `SETTINGS`, in that order.
    """

    sop_class: str
    kind: tuple[str, ...]
    component: str
    echo_time: float
    echo: str
    photometric: str
    maker: str
    unit: str
    patient: int
    space: str
    settings: tuple[str, ...]
    stack: str = ""
    segment: int = 0


@dataclass(frozen=True)
class Setting:
    """A setting of the scanner by which images differ.

    Parameters
    ----------
    title : str
    tags : tuple of int
        Its elements; the first that is there counts.
    unit : str
        Of a number; empty for a text.
    parts : bool
        Whether images that differ in it are different images; else it is only said.
    """

    title: str
    tags: tuple[int, ...]
    unit: str = ""
    parts: bool = True

    def value(self, sources: Sequence[Elements]) -> str:
        """Return the value as text; empty if it is not stated."""
        for elements in sources:
            for tag in self.tags:
                owner, name = _OWNERS.get(tag, (tag, ""))
                if tag not in elements or (name and elements.text(owner) != name):
                    continue
                if not self.unit:
                    return " ".join(elements.texts(tag))
                # Zero stands for what does not apply, too.
                value = elements.number(tag, 0)
                return f"{value:.5g} {self.unit}" if value else ""
        return ""

    def named(self, value: str) -> str:
        """Return a value with the setting's title."""
        return f"{self.title} {value}" if value else f"no {self.title}"


SETTINGS = (
    Setting("kernel", (tags.KERNEL,)),
    Setting("tube voltage", (tags.KVP,), "kV"),
    Setting("flip angle", (tags.FLIP_ANGLE,), "degrees"),
    Setting("inversion time", (tags.INVERSION_TIME, tags.INVERSION_TIMES), "ms"),
    Setting("coil", (tags.SIEMENS_COIL, tags.COIL)),
    Setting("nucleus", (tags.NUCLEUS,)),
    Setting("phase encoding", (tags.PHASE_DIRECTION,)),
    Setting("sequence", (tags.SEQUENCE,)),
    Setting("sequence variant", (tags.SEQUENCE_VARIANT,)),
    Setting("scan options", (tags.SCAN_OPTIONS,)),
    Setting("patient position", (tags.PATIENT_POSITION,)),
    Setting("slice thickness", (tags.SLICE_THICKNESS,), "mm"),
    Setting("magnetic field", (tags.FIELD_STRENGTH,), "T"),
    Setting("filter", (tags.FILTER,)),
    Setting("corrections", (tags.CORRECTIONS,)),
    Setting("decay correction", (tags.DECAY,)),
    Setting("attenuation correction", (tags.ATTENUATION,)),
    Setting("scatter correction", (tags.SCATTER,)),
    Setting("randoms correction", (tags.RANDOMS,)),
    Setting("type of series", (tags.PET_SERIES,)),
    Setting("counts", (tags.PET_COUNTS,)),
    Setting("reconstruction", (tags.RECONSTRUCTION,)),
    Setting("repetition time", (tags.REPETITION_TIME,), "ms", parts=False),
    Setting("contrast agent", (tags.AGENT,), parts=False),
    Setting("description of the series", (tags.SERIES_DESCRIPTION,), parts=False),
    Setting("protocol name", (tags.PROTOCOL_NAME,), parts=False),
)


#: All that the part of a file of one frame is read from.
_OF_FILE = (
    tags.SOP_CLASS,
    tags.CHARSET,
    tags.IMAGE_TYPE,
    tags.COMPLEX_COMPONENT,
    tags.ECHO_TIME,
    tags.ECHO_NUMBERS,
    tags.PHOTOMETRIC,
    tags.RESCALE_TYPE,
    tags.UNITS,
    tags.PATIENT_ID,
    tags.PATIENT_NAME,
    tags.STUDY_UID,
    tags.FRAME_OF_REFERENCE,
    tags.B_VALUE,
    *(tags.GE_CREATOR, tags.GE_COMPONENT, tags.GE_COLLAPSE, tags.GE_SEQUENCE, tags.GE_B_VALUE),
    *(tags.SIEMENS_TYPE_CREATOR, tags.SIEMENS_TYPE),
    *(tags.SIEMENS_TEXT_CREATOR, tags.SIEMENS_TEXT),
    *(tags.PHILIPS_TYPE_CREATOR, tags.PHILIPS_TYPE),
    *(tag for setting in SETTINGS for tag in setting.tags),
)


def part_of_file(elements: Elements) -> Part:
    """Return what sets the image apart that a file of one frame belongs to."""
    raw = elements.raw
    return _part_of_file(tuple([(tag, raw[tag]) for tag in _OF_FILE if tag in raw]), elements.encoding)


# Thousands of files of a series say the same.
@lru_cache(maxsize=64)
def _part_of_file(raw: tuple[tuple[int, tuple[bytes, bytes]], ...], encoding: Encoding) -> Part:
    elements = Elements(dict(raw), encoding)
    return part_of(elements, elements.texts(tags.IMAGE_TYPE), elements.number(tags.ECHO_TIME, 0), (elements,))


def part_of(elements: Elements, image_type: tuple[str, ...], echo_time: float, sources: Sequence[Elements]) -> Part:
    """Return what sets the image apart that a file, or a frame, belongs to.

    Parameters
    ----------
    elements : Elements
        Of the file.
    image_type : tuple of str
        Of the file, or the frame.
    echo_time : float
        Milliseconds.
    sources : sequence of Elements
        Where settings are looked for: the frame's own first.
    """
    kind = tuple(word.upper() for word in image_type if word.upper() not in _LABELS)
    return Part(
        elements.text(tags.SOP_CLASS),
        kind,
        next((text for source in sources if (text := source.text(tags.COMPLEX_COMPONENT))), ""),
        round(echo_time, 2),
        elements.text(tags.ECHO_NUMBERS),
        elements.text(tags.PHOTOMETRIC),
        _by_maker(elements),
        _unit(sources),
        hash((elements.bytes(tags.PATIENT_ID), elements.bytes(tags.PATIENT_NAME), elements.bytes(tags.STUDY_UID))),
        elements.text(tags.FRAME_OF_REFERENCE),
        tuple(setting.value(sources) for setting in SETTINGS),
    )


def shown(word: str) -> str:
    """Return what a word of ImageType says of what an image shows; empty if it says how it was prepared.

    Examples
    --------
    >>> shown("M_FFE"), shown("T1 MAP"), shown("NORM")
    ('M', 'T1 MAP', '')
    """
    first = word.upper().partition("_")[0]
    return first if first in SHOWN or "MAP" in word.upper() else ""


def _unit(sources: Sequence[Elements]) -> str:
    for elements in sources:
        unit = elements.text(tags.RESCALE_TYPE) or elements.text(tags.UNITS)
        if unit:
            return "" if unit.upper() in _USUAL_UNITS else unit
    return ""


def _by_maker(elements: Elements) -> str:
    """Return what an image shows by elements of its maker's own, where the standard ones leave it open."""
    if elements.text(tags.GE_CREATOR) == "GEMS_PARM_01":
        return _by_ge(elements)
    if elements.text(tags.SIEMENS_TYPE_CREATOR) == "SIEMENS MR SDI 02":
        return " ".join(word for word in elements.texts(tags.SIEMENS_TYPE)[2:] if shown(word)).lower()
    if elements.text(tags.SIEMENS_TEXT_CREATOR) == _SIEMENS:
        # Such as "p2 M/DIS2D/NORM".
        words = elements.text(tags.SIEMENS_TEXT).rpartition(" ")[2].split("/")
        return " ".join(filter(None, map(shown, words))).lower()
    if elements.text(tags.PHILIPS_TYPE_CREATOR).upper().startswith("PHILIPS MR IMAGING DD"):
        word = elements.text(tags.PHILIPS_TYPE)
        return _PHILIPS_COMPONENTS.get(word.upper(), word.lower())
    return ""


def _by_ge(elements: Elements) -> str:
    component = elements.integer(tags.GE_COMPONENT)
    if component:
        return COMPONENTS[component - 1] if 0 < component <= len(COMPONENTS) else f"component {component}"
    flag = elements.integer(tags.GE_COLLAPSE)
    is_field_map = any(word in elements.text(tags.GE_SEQUENCE).lower() for word in _GE_FIELD_MAPS)
    if flag == _GE_MAGNITUDE:
        return "magnitude"
    if is_field_map:
        return "field map in Hz"
    if flag in _GE_COMBINED:
        return "combined"
    weighted = flag in _GE_DIRECTIONS and elements.number(tags.GE_B_VALUE, elements.number(tags.B_VALUE, 0)) > 0
    return "" if weighted or flag in _GE_MEASURED else f"collapse flag {flag}"
