"""The pending change as the histogram reads and sets it: by the roles of its parameters, whatever operation it is.

The histogram has no change of its own. What is drawn, dragged or typed there is set in the form that is pending, by
that form; where none with a range is, a range that is drawn opens the form of the one operation that is `of_range`.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Protocol

from PyQt6.QtCore import pyqtBoundSignal

from maskeditor.core.operation.combine import Combining
from maskeditor.core.operation.declaration import Operation, operations
from maskeditor.core.operation.intensity_input import IntensityInput
from maskeditor.core.operation.parameters import Parameter, Role, parameters_of
from maskeditor.core.operation.scene import Width
from maskeditor.core.operation.scope import EVERYWHERE, Scope
from maskeditor.core.space.volume import FrameChoice
from maskeditor.model.ends import Ends, ends_of_range, of_role
from maskeditor.model.histogram import Histogram
from maskeditor.model.intensity_range import Bounds
from maskeditor.ui.work.pending import Change, Pending

#: The ends of the range that a scope is limited to.
SCOPE_ENDS = ends_of_range(parameters_of(Scope)) or ()


class RangeMaker(Change, Protocol):
    """The form in which a range that is drawn becomes an operation, where no form with a range is pending."""

    def begin_range(self, values: Mapping[Role, Any]) -> bool:
        """Choose the operation that a range makes, and set parameters of some roles; return whether it is pending."""
        ...


class Range(Protocol):
    """Something with a range of intensities: the settings of the brush."""

    @property
    def side(self) -> str:
        """Whether it lies "inside" the range or "outside" of it."""
        ...

    @property
    def lower(self) -> float | None:
        """The lowest intensity, if there is a bound."""
        ...

    @property
    def upper(self) -> float | None:
        """The highest intensity, if there is a bound."""
        ...


class Brush(Protocol):
    """The brush in hand, which may paint only intensities in a range."""

    changed: pyqtBoundSignal

    @property
    def settings(self) -> Range:
        """How it paints."""
        ...

    def change(self, **settings: Any) -> None:
        """Change settings."""
        ...


class RangeInHand:
    """Reads what of the pending change lies on the histogram, and sets it.

    Parameters
    ----------
    pending : Pending
    maker : RangeMaker
    brush : Brush, optional
        Whose range is shown where the pending change has no limit.
    """

    def __init__(self, pending: Pending, maker: RangeMaker, brush: Brush | None = None) -> None:
        self._pending = pending
        self._maker = maker
        self._brush = brush
        self._of_range = next(cls for cls in operations() if cls.of_range)
        ends = ends_of_range(self._of_range.parameters())
        assert ends is not None
        self._left_out: tuple[float, ...] = ()
        # What is set in which form, read once for each change: a drag asks for it many times.
        self._read: tuple[Change | None, type[Operation] | None] = (None, None)
        self._values: dict[str, Any] | None = None
        self._limited: tuple[Bounds | None] | None = None
        self._asked: tuple[tuple[Operation, Scope] | None] | None = None
        #: What a range is made of where nothing is pending, and what it begins with besides its ends.
        self.usual_ends = ends
        self._besides: dict[Role, Any] = {}
        combining = of_role(Role.COMBINE, parameters_of(Combining))
        assert combining is not None
        #: How results join the mask, as it is declared.
        self.combining = combining

    def forget(self) -> None:
        """Begin with another image: what was chosen for the one before means nothing there."""
        self._besides.clear()
        self._left_out = ()

    def renew(self) -> None:
        """Read anew what is set."""
        self._values = self._limited = self._asked = None

    # What is there ------------------------------------------------------------------------------------------------

    @property
    def change(self) -> Change | None:
        """What is pending."""
        return self._pending.change

    @property
    def values(self) -> dict[str, Any]:
        """The parameters of what is pending, as they are set; none without it."""
        self._keep_to_form()
        if self._values is None:
            self._values = self.change.fields.values() if self.change is not None else {}
        return self._values

    def asked(self) -> tuple[Operation, Scope] | None:
        """Return what is pending; None if there is nothing, or it is not allowed."""
        self._keep_to_form()
        if self._asked is None:
            self._asked = (self.change.fields.asked() if self.change is not None else None,)
        return self._asked[0]

    def _keep_to_form(self) -> None:
        """Read anew what is set where another form is open than the one that was read."""
        form = (self.change, self.change.fields.operation if self.change is not None else None)
        if form != self._read:
            self._read = form
            self.renew()

    @property
    def _parameters(self) -> tuple[Parameter, ...]:
        operation = self.change.fields.operation if self.change is not None else None
        return operation.parameters() if operation is not None else ()

    @property
    def ends(self) -> Ends | None:
        """The parameters at the ends of its range."""
        return ends_of_range(self._parameters)

    @property
    def is_drawn(self) -> bool:
        """Whether anything of it lies on the histogram."""
        operation = self.change.fields.operation if self.change is not None else None
        return self.ends is not None or (operation is not None and operation.finds())

    def bounds(self, histogram: Histogram | None) -> Bounds | None:
        """Return the intensities between which the range lies; None without a range."""
        ends = self.ends
        return ends.on_axis(self.values, histogram) if ends is not None else None

    def shares(self) -> tuple[float, float] | None:
        """Return the shares of the voxels at both ends, where these are what is set."""
        ends = self.ends
        return ends.shares(self.values) if ends is not None else None

    def band(self) -> Bounds | None:
        """Return the intensities that its scope is limited to, else those that the brush paints, if it has a limit."""
        if (limits := self._limits()) is not None:
            return limits
        settings = self._brush.settings if self._brush is not None else None
        return (
            None if settings is None or settings.lower is settings.upper is None else (settings.lower, settings.upper)
        )

    @property
    def band_is_turned(self) -> bool:
        """Whether the brush paints beside its range, and what is limited is the brush."""
        return self._limits() is None and self._brush is not None and self._brush.settings.side == "outside"

    def _limits(self) -> Bounds | None:
        self._keep_to_form()
        if self._limited is None:
            limits = self.change.fields.limits() if self.change is not None else {}
            low, high = (limits.get(end.name) for end in SCOPE_ENDS)
            self._limited = (None if low is high is None else (low, high),)
        return self._limited[0]

    def operation(self) -> Operation | None:
        """Return the operation as it is set; None if there is none, or it is not allowed."""
        asked = self.asked()
        return asked[0] if asked is not None else None

    def value(self, role: Role) -> Any:
        """Return the value of the parameter of a role; None where there is none."""
        parameter = of_role(role, self._parameters)
        return self.values[parameter.name] if parameter is not None else None

    def source(self) -> IntensityInput | None:
        """Return what is looked at: by the pending operation, else what was chosen here; None while a form is wrong."""
        if not self._compares:
            names = {parameter.role: parameter.name for parameter in parameters_of(IntensityInput)}
            chosen = {names[role]: value for role, value in self._besides.items() if role in names}
            return IntensityInput(**chosen)
        operation = self.operation()
        return operation if isinstance(operation, IntensityInput) else None

    @property
    def _compares(self) -> bool:
        """Whether what is pending compares intensities; what has an image of labels, or one to smooth, does not."""
        shown = self.change.fields.operation if self.change is not None else None
        return shown is not None and issubclass(shown, IntensityInput)

    @property
    def would_ask(self) -> bool:
        """Whether a range that is drawn has to ask first about something else that is pending."""
        return self.ends is None and self._pending.would_ask(self._maker)

    @property
    def frame(self) -> FrameChoice:
        """Which volume is looked at."""
        chosen: FrameChoice = self._or_usual(Role.FRAME, "mean")
        return chosen

    @frame.setter
    def frame(self, frame: FrameChoice) -> None:
        self.set(Role.FRAME, frame)

    @property
    def image(self) -> str:
        """Which image is looked at, by name; the open one while none is chosen that has to be."""
        return self._or_usual(Role.IMAGE, "") or ""

    @image.setter
    def image(self, image: str) -> None:
        self.set(Role.IMAGE, image)

    def look_at(self, image: str) -> None:
        """Look at another image where what is pending looks at none."""
        if self._besides.get(Role.IMAGE, "") != image:
            self._besides[Role.IMAGE] = image
            self._pending.set_otherwise.emit()

    @property
    def fwhm(self) -> Width:
        """How it is smoothed first: the width of a Gaussian in mm, or that along each axis."""
        width: Width = self._or_usual(Role.SMOOTHING, 0.0)
        return width

    @fwhm.setter
    def fwhm(self, fwhm: Width) -> None:
        self.set(Role.SMOOTHING, fwhm)

    @property
    def combine(self) -> str:
        """How the result joins the mask."""
        return str(self._or_usual(Role.COMBINE, self.combining.default))

    @combine.setter
    def combine(self, combine: str) -> None:
        self.set(Role.COMBINE, combine)

    def _set_by(self, role: Role) -> Parameter | None:
        """Return the parameter of what is pending that says what is looked at, or how it joins; None if none does."""
        return of_role(role, self._parameters) if self._compares or role is Role.COMBINE else None

    def _or_usual(self, role: Role, default: Any) -> Any:
        parameter = self._set_by(role)
        return self.value(role) if parameter is not None else self._besides.get(role, default)

    def scope(self) -> Scope | None:
        """Return where what is pending may change the mask, if that is limited."""
        asked = self.asked()
        return asked[1] if asked is not None and asked[1] != EVERYWHERE else None

    # What is set --------------------------------------------------------------------------------------------------

    def set(self, role: Role, value: Any) -> None:
        """Set the parameter of a role by hand, where what is pending has one, and for what will be."""
        before, self._besides[role] = self._besides.get(role), value
        parameter = self._set_by(role)
        if parameter is not None and self.change is not None and self.value(role) != value:
            self.change.fields.set_values({parameter.name: value}, {})
        elif before != value:
            self._pending.set_otherwise.emit()

    @property
    def left_out(self) -> tuple[float, ...]:
        """The intensities that are not counted: zeros where what is pending leaves them out, else what was clicked."""
        without = self.value(Role.WITHOUT_ZEROS)
        if without is not None:
            return (0.0,) if without else ()
        return self._left_out

    def leave_out(self, intensity: float | None) -> None:
        """Count without an intensity; None counts all. What is pending leaves zeros out by a parameter of its own."""
        has_own = self.value(Role.WITHOUT_ZEROS) is not None
        if has_own and intensity in (0.0, None):
            self.set(Role.WITHOUT_ZEROS, intensity is not None)
        elif has_own:
            assert self.change is not None
            assert self.change.fields.operation is not None
            title = self.change.fields.operation.title
            self._pending.message.emit(f"{title} can leave out zeros alone, so {intensity:g} is counted.")
        else:
            self._left_out = () if intensity is None else (*self._left_out, intensity)

    def range_of(self, lower: float, upper: float) -> Operation:
        """Return what takes a range of the intensities that are looked at, whatever is pending."""
        cls = self._of_range
        names = {parameter.role: parameter.name for parameter in cls.parameters()}
        looked_at = {Role.IMAGE: self.image, Role.FRAME: self.frame, Role.SMOOTHING: self.fwhm}
        values = {Role.LOWEST: lower, Role.HIGHEST: upper, **looked_at}
        return cls(**{names[role]: value for role, value in values.items()})

    def put(self, bounds: Bounds, histogram: Histogram) -> None:
        """Set the range by hand, by the intensities at its ends."""
        self._put((self.ends or self.usual_ends).at(bounds, histogram))

    def put_shares(self, shares: tuple[float, float]) -> None:
        """Set the range by hand, by the shares of the voxels at its ends."""
        if self.ends is not None:
            self._put(self.ends.at_shares(shares))

    def put_band(self, bounds: Bounds) -> None:
        """Limit the scope, or the brush, by hand."""
        if self._limits() is None and self._brush is not None:
            self._brush.change(lower=bounds[0], upper=bounds[1])
        elif self.change is not None:
            names = (end.name for end in SCOPE_ENDS)
            self.change.fields.set_values({}, dict(zip(names, bounds, strict=True)))

    def put_values(self, values: tuple[Any, Any]) -> None:
        """Set the range by hand, by the values of both parameters."""
        names = (end.name for end in self.ends or self.usual_ends)
        self._put(dict(zip(names, values, strict=True)))

    def _put(self, values: Mapping[str, Any]) -> None:
        if self.ends is not None and self.change is not None:
            self.change.fields.set_values(values, {})
        else:
            ends = {end.role: values[end.name] for end in self.usual_ends}
            looked_at = {Role.IMAGE: self.image, Role.FRAME: self.frame, Role.SMOOTHING: self.fwhm}
            self._maker.begin_range({**ends, **looked_at, Role.COMBINE: self.combine})
