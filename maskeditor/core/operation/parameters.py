"""How a parameter is declared, and the one reading of that declaration that all others share."""

from __future__ import annotations

import inspect
import json
import re
import types
from collections.abc import Callable
from dataclasses import dataclass
from enum import StrEnum
from functools import cache
from typing import Annotated, Any, Literal, Union, get_args, get_origin

import annotated_types
from pydantic import BaseModel, Field
from pydantic.fields import FieldInfo
from pydantic_core import PydanticUndefined

from maskeditor.core.operation.parameter_types import IMAGE_NAME, WIDEST, width_in_words
from maskeditor.core.plain_number import plain_number


class Unit(StrEnum):
    """What a number is measured in."""

    NONE = ""
    MM = "mm"
    SECONDS = "s"
    HERTZ = "Hz"
    ML = "mL"
    VOXELS = "voxels"
    MEBIBYTES = "MiB"
    INTENSITY = "intensity"
    TIMES = "times"

    def behind(self, number: object) -> str:
        """Return the unit as it is read behind a number.

        Examples
        --------
        >>> Unit.VOXELS.behind(1), Unit.VOXELS.behind(3), Unit.SECONDS.behind(1)
        ('voxel', 'voxels', 's')
        """
        is_word = self in (Unit.VOXELS, Unit.TIMES)
        return self.value.removesuffix("s") if is_word and number == 1 else self.value


#: Those that stand behind a number.
MEASURED = (Unit.MM, Unit.SECONDS, Unit.HERTZ, Unit.ML, Unit.VOXELS, Unit.MEBIBYTES)


class Kind(StrEnum):
    """What a parameter's value is."""

    FLAG = "flag"
    INTEGER = "integer"
    NUMBER = "number"
    CHOICE = "choice"
    OTHER = "other"


class Role(StrEnum):
    """What a value refers to, beyond its type.

    Those of ranges are what a histogram reads to draw an operation and to let its ends be dragged: an intensity is a
    place on the axis, a share of the voxels one on the cumulative curve (of 1, or of 100 where that is the maximum),
    and a flag leaves voxels of exactly 0 out of both.
    A distance is in mm, but no size that voxels could be too large for.
    """

    PLAIN = ""
    ROI = "roi"
    ROIS = "rois"
    IMAGE = "image"
    NAME = "name"
    FRAME = "frame"
    FRAMES = "frames"
    CONDITIONS = "conditions"
    REPETITION_TIME = "repetition time"
    CONDITION = "condition"
    SEVERAL_CONDITIONS = "several conditions"
    LABELS = "labels"
    NAMES = "names"
    WORDS = "words"
    VOLUMES = "volumes"
    VOXEL = "voxel"
    POINTS = "points"
    REGION = "region"
    LOWEST = "lowest intensity"
    HIGHEST = "highest intensity"
    LOWEST_SHARE = "lowest share of the voxels"
    HIGHEST_SHARE = "highest share of the voxels"
    WITHOUT_ZEROS = "zeros left out"
    COMBINE = "combine"
    SMOOTHING = "smoothing"
    DISTANCE = "distance"
    HIDDEN = "hidden"


#: The roles of the two ends of a range.
RANGES = ((Role.LOWEST, Role.HIGHEST), (Role.LOWEST_SHARE, Role.HIGHEST_SHARE))


def parameter(
    default: Any = ...,
    *,
    title: str,
    description: str,
    unit: Unit = Unit.NONE,
    ge: float | None = None,
    gt: float | None = None,
    le: float | None = None,
    step: float | None = None,
    when: tuple[str, object] | None = None,
    role: Role = Role.PLAIN,
    blank: str = "",
) -> Any:
    """Declare a parameter of an operation.

    Parameters
    ----------
    default : object
        The value when none is given; leave it out for a parameter that must be given.
    title, description : str
        The label, and the sentence shown as tool tip, on the command line and in the manual.
    unit : Unit
    ge, gt, le : float, optional
        Bounds: at least, more than, at most.
    step : float, optional
        A sensible step for a spin box.
    when : (name, value or values), optional
        The parameter matters only while another has this value, or one of these.
    role : Role
        What the value refers to.
    blank : str
        What a field shows where no value is given; "none" by default.
    """
    extra: dict[str, Any] = {
        key: value
        for key, value in {
            "unit": unit.value,
            "step": step,
            "when": list(when) if when else None,
            "role": role.value,
            "blank": blank,
        }.items()
        if value
    }
    return Field(default, title=title, description=description, ge=ge, gt=gt, le=le, json_schema_extra=extra)


@dataclass(frozen=True)
class Parameter:
    """A declared parameter, as forms, the command line and the manual read it."""

    name: str
    title: str
    description: str
    kind: Kind
    role: Role
    unit: Unit
    default: Any
    required: bool
    optional: bool
    choices: tuple[Any, ...]
    minimum: float | None
    above: float | None
    maximum: float | None
    step: float | None
    blank: str
    when: tuple[str, Any] | None
    """Name and value, or one of several, of another parameter with which alone this one matters."""

    def matters(self, value_of: Callable[[str], Any]) -> bool:
        """Whether it matters, by the values that parameters have by their names."""
        if self.when is None:
            return True
        name, wanted = self.when
        return bool(value_of(name) in wanted if isinstance(wanted, list | tuple) else value_of(name) == wanted)

    @property
    def wanted(self) -> str:
        """What may be given, in words, such as "a number from 0 to 50 mm"."""
        if self.role is Role.VOXEL:
            return "a voxel, three whole numbers such as 10,20,30"
        if self.role is Role.POINTS:
            return "points x, y, z in mm, parted by semicolons or one a line, such as 10,20,30; 40,20,30"
        if self.role is Role.REGION:
            return "three corners or more, a pair of intensities each, parted by semicolons, such as 1,0; 9,0; 9,5"
        if self.role is Role.FRAME:
            return "mean, the number of a volume such as 3, or a range such as 0-9"
        if self.role is Role.FRAMES:
            return "all, the number of a volume such as 3, or a range such as 0-9"
        if self.role is Role.IMAGE:
            return "the name of a further image"
        if self.role is Role.NAME:
            return IMAGE_NAME
        if self.role is Role.SMOOTHING:
            return f"a number from 0 to {WIDEST:g} mm, or three of them, one for each axis, such as 4,4,6"
        if self.role is Role.CONDITIONS:
            return (
                "a label for each volume, parted by commas, or events as JSON writes them: [[onset, duration, name], …]"
            )
        if self.role is Role.LABELS:
            return "the numbers of labels, parted by commas"
        if self.role in (Role.NAMES, Role.WORDS):
            some = f"some of {', '.join(map(str, self.choices))}" if self.choices else "names"
            return f"{some}, parted by commas"
        if self.role is Role.VOLUMES:
            return "all, or numbers of volumes and ranges of them, such as 4-99,110-199"
        if self.role is Role.CONDITION:
            return "a condition of the table"
        if self.role is Role.SEVERAL_CONDITIONS:
            return "conditions of the table, parted by commas"
        if self.role is Role.ROI:
            return "another ROI, by its name"
        if self.role is Role.ROIS:
            return "other ROIs, by their names, parted by commas"
        if self.kind is Kind.FLAG:
            return "true or false"
        if self.kind is Kind.CHOICE:
            return "one of " + ", ".join(str(choice) for choice in self.choices)
        if self.kind is Kind.OTHER:
            return "text, or a value as JSON writes it"
        text = "a whole number" if self.kind is Kind.INTEGER else "a number"
        if self.above is not None:
            text += f" above {self.above:g}"
        if self.minimum is not None and self.maximum is not None:
            text += f" from {self.minimum:g} to {self.maximum:g}"
        elif self.minimum is not None:
            text += f" of at least {self.minimum:g}"
        elif self.maximum is not None:
            text += f"{' and' if self.above is not None else ''} at most {self.maximum:g}"
        if self.unit not in (Unit.NONE, Unit.TIMES, Unit.INTENSITY):
            text += f" {self.unit}"
        return text + (" or none" if self.optional else "")

    def read(self, text: str) -> Any:
        """Turn text into what the declaration's type takes; what cannot be read is left for it to refuse."""
        if self.optional and text.lower() in ("none", ""):
            return None
        if self.role in (Role.ROI, Role.IMAGE, Role.NAME, Role.CONDITION, Role.VOLUMES):
            return text
        if self.role is Role.CONDITIONS and not text.startswith("["):
            return tuple(part.strip() for part in text.split(",")) if text.strip() else ()
        if self.role in (Role.ROIS, Role.SEVERAL_CONDITIONS, Role.LABELS, Role.NAMES, Role.WORDS):
            return tuple(part for part in text.split(",") if part)
        if not text and self.default == ():
            return ()
        if self.role is Role.VOXEL:
            return tuple(text.strip("()[] ").split(","))
        if self.role is Role.POINTS:
            return _points(text, 3)
        if self.role is Role.REGION:
            return _points(text, 2)
        if self.kind is Kind.CHOICE:
            return next((choice for choice in self.choices if str(choice).lower() == text.lower()), text)
        if self.kind is Kind.OTHER and self.role not in (Role.FRAME, Role.FRAMES):
            return _json(text)
        return text

    def describe(self, value: Any) -> str:
        """Return name and value in words, such as "radius 2 mm"; ROIs as they are given, by id or by name."""
        # What begins with an abbreviation, such as "ROIs", stays as it is.
        name = self.title if self.title[1:2].isupper() else self.title[0].lower() + self.title[1:]
        if isinstance(value, bool):
            return name if value else f"not {name}"
        if self.role is Role.VOXEL:
            return f"{name} {', '.join(str(index) for index in value)}"
        if self.role is Role.POINTS:
            return plain_number(len(value), "point")
        if self.role is Role.REGION:
            return f"{name} of {plain_number(len(value), 'corner')}"
        if self.role is Role.CONDITIONS:
            return f"{name} of {plain_number(len(value), 'row')}"
        if self.role in (Role.FRAME, Role.FRAMES):
            return f"{name} {value[0]}–{value[1]}" if isinstance(value, tuple) else f"{name} {value}"
        if self.role is Role.SMOOTHING:
            return f"{name} {width_in_words(value)}"
        if isinstance(value, tuple):
            value = ", ".join(map(str, value))
        is_measured = self.unit in (Unit.MM, Unit.ML, Unit.VOXELS, Unit.SECONDS) and value is not None
        unit = f" {self.unit.behind(value)}" if is_measured else ""
        if isinstance(value, float):
            value = f"{value:g}"
        return f"{name} {value}{unit}"


@cache
def parameters_of(cls: type[BaseModel]) -> tuple[Parameter, ...]:
    """Return the declared parameters of an operation class: its own in order, then those it shares with others."""
    own = inspect.get_annotations(cls)
    ordered = sorted(cls.model_fields.items(), key=lambda field: field[0] not in own)
    return tuple(_resolved(name, info) for name, info in ordered)


def _resolved(name: str, info: FieldInfo) -> Parameter:
    extra = info.json_schema_extra if isinstance(info.json_schema_extra, dict) else {}
    bounds: dict[str, Any] = {}
    for constraint in info.metadata:
        for attribute, kind in (
            ("ge", annotated_types.Ge),
            ("gt", annotated_types.Gt),
            ("le", annotated_types.Le),
        ):
            if isinstance(constraint, kind):
                bounds[attribute] = getattr(constraint, attribute)
    annotation, optional = _without_none(info.annotation)
    several = get_args(annotation)[0] if get_origin(annotation) is tuple else None
    is_choice = get_origin(annotation) is Literal
    choices = get_args(annotation if is_choice else several) if is_choice or get_origin(several) is Literal else ()
    kinds = {bool: Kind.FLAG, int: Kind.INTEGER, float: Kind.NUMBER}
    when = extra.get("when")
    return Parameter(
        name=name,
        title=info.title or "",
        description=info.description or "",
        kind=Kind.CHOICE if is_choice else kinds.get(annotation, Kind.OTHER),
        role=Role(str(extra.get("role", ""))),
        unit=Unit(str(extra.get("unit", ""))),
        default=None if info.default is PydanticUndefined else info.default,
        required=info.is_required(),
        optional=optional,
        choices=choices,
        minimum=bounds.get("ge"),
        above=bounds.get("gt"),
        maximum=bounds.get("le"),
        step=extra.get("step"),  # type: ignore[arg-type]
        blank=str(extra.get("blank", "none")),
        when=(str(when[0]), when[1]) if isinstance(when, list) else None,
    )


def _without_none(annotation: Any) -> tuple[Any, bool]:
    if get_origin(annotation) in (Union, types.UnionType):
        members = [member for member in get_args(annotation) if member is not type(None)]
        if len(members) == 1 and len(members) < len(get_args(annotation)):
            return _without_none(members[0])[0], True
    if get_origin(annotation) is Annotated:
        return _without_none(get_args(annotation)[0])
    return annotation, False


def _json(text: str) -> Any:
    """Read JSON; what is none is returned as it is."""
    try:
        return json.loads(text)
    except ValueError:
        return text


def _points(text: str, count: int) -> Any:
    """Read points of so many numbers; one that cannot be read is returned as it is, for the declaration to refuse."""
    if text.startswith("[["):
        return _json(text)
    points = []
    for written in filter(None, (part.strip() for part in re.split(r"[;\n]", text))):
        numbers = re.split(r"[\s,]+", written.strip("()[], ").replace("−", "-"))
        try:
            points.append(tuple(float(number) for number in numbers))
        except ValueError:
            return written
        if len(numbers) != count:
            return written
    return tuple(points)
