"""Options of tools: declared as the parameters of operations are, drawn as one bar, and kept with the session."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, ClassVar, Self

from pydantic import BaseModel, ConfigDict, ValidationError

from maskeditor.core.operation.parameters import parameter, parameters_of

#: Factor of a step of the wheel, or of a key, by which a size grows.
GROWTH = 1.2


class ToolOptions(BaseModel):
    """How a tool, or several that share these options, is set; a subclass declares each by `parameter` or `as_in`.

    Examples
    --------
    >>> class Pen(ToolOptions):
    ...     kept_as = "pen"
    ...     radius: float = parameter(3.0, title="Radius", description="Of the pen.", gt=0, le=9, step=0.5)
    >>> Pen().resized(1).radius, Pen.from_record({"radius": 20})
    (3.6, Pen(radius=3.0))
    >>> Pen().resized(99).radius, Pen().resized(-99).radius
    (9.0, 0.5)
    """

    model_config = ConfigDict(frozen=True, extra="forbid", allow_inf_nan=False)

    #: The name under which a session keeps them; never changes.
    kept_as: ClassVar[str] = ""

    def changed(self, values: Mapping[str, Any]) -> Self:
        """Return them with some changed.

        Raises
        ------
        ValidationError
            If the declaration does not allow it.
        """
        return type(self)(**{**self.model_dump(), **values})

    def resized(self, steps: float) -> Self:
        """Return them with the radius, if there is one, some steps larger, or smaller for a negative number."""
        declared = next((one for one in parameters_of(type(self)) if one.name == "radius"), None)
        if declared is None:
            return self
        assert declared.step is not None
        assert declared.maximum is not None
        radius = min(declared.maximum, max(declared.step, getattr(self, declared.name) * GROWTH**steps))
        return self.changed({"radius": float(f"{radius:.2g}") if radius < 10 else float(round(radius))})

    def to_record(self) -> dict[str, Any]:
        """Return them as what JSON can hold."""
        return self.model_dump(mode="json")

    @classmethod
    def from_record(cls, record: Mapping[str, Any]) -> Self:
        """Return what a session kept; the defaults where that is none that the declaration allows."""
        try:
            return cls.model_validate(record)
        except ValidationError:
            return cls()


def as_in(
    declaration: type[BaseModel],
    name: str,
    when: tuple[str, object] | None = None,
    default: object = ...,
    besides: str = "",
    blank: str = "",
) -> Any:
    """Declare an option as a parameter of an operation is declared: its default, title, sentence, bounds and unit.

    Parameters
    ----------
    declaration : type
        The operation, or another model of declared parameters.
    name : str
        Of its parameter.
    when : (name, value or values), optional
        The option matters only while another has this value, or one of these.
    default : object, optional
        Another one: None, where the tool itself finds what fits.
    besides : str
        A sentence on what that means.
    blank : str
        What stands in its field then.
    """
    declared = next(one for one in parameters_of(declaration) if one.name == name)
    return parameter(
        declared.default if default is ... else default,
        title=declared.title,
        description=" ".join(filter(None, (declared.description, besides))),
        unit=declared.unit,
        ge=declared.minimum,
        gt=declared.above,
        le=declared.maximum,
        step=declared.step,
        when=when,
        role=declared.role,
        blank=blank,
    )
