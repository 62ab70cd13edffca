"""Operations: a change to a mask declared once, as frozen parameters; the register of all of them."""

from __future__ import annotations

import shlex
from collections.abc import Callable, Iterable, Mapping
from functools import partial
from importlib import import_module
from typing import Any, ClassVar, Self, TypeVar

from pydantic import BaseModel, ConfigDict, ValidationError

from maskeditor.core.errors import ParameterError, UnknownOperation
from maskeditor.core.operation.as_script import Citation, Python
from maskeditor.core.operation.found import Found
from maskeditor.core.operation.meant import ending
from maskeditor.core.operation.parameters import Parameter, Role, parameters_of
from maskeditor.core.operation.scene import Patch, Scene
from maskeditor.core.space.geometry import Geometry
from maskeditor.engine.progress import Progress

Json = dict[str, Any]


class Operation(BaseModel):
    """A change to a mask: its parameters, and what they do.

    A subclass declares its parameters as pydantic fields made by `parameter`, carries a docstring that says what it
    does, and is entered in the register by `@operation(...)`. Forms, previews, the command line, recipes and the
    manual read this one declaration.
    """

    # What checks parameters is built when it is first needed: a run of one operation needs not that of fifty.
    model_config = ConfigDict(frozen=True, extra="forbid", allow_inf_nan=False, defer_build=True)

    #: Never changes once released; recipes refer to it.
    id: ClassVar[str]
    title: ClassVar[str]
    group: ClassVar[str]
    #: Raised when the meaning of the parameters changes; `upgrade` then reads the older ones.
    version: ClassVar[int] = 1
    #: Made by a mouse tool or a file, not by a form: a hand took part, which BIDS sidecars record.
    by_tool: ClassVar[bool] = False
    #: Meant to leave an empty mask, which is worth a warning otherwise.
    empties: ClassVar[bool] = False
    #: Takes away what should not be there: where nothing is, it rightly changes no voxel.
    tidies: ClassVar[bool] = False
    #: Makes a further image, and changes no mask; see `maskeditor.core.operation.image_operation`.
    makes_image: ClassVar[bool] = False
    #: Takes a whole brain out of an image by its intensities, and not what is special in it.
    takes_brain: ClassVar[bool] = False
    #: Made by a range that is drawn on the histogram while no form has one; one operation is.
    of_range: ClassVar[bool] = False
    #: What others call it, for those who look for it.
    synonyms: ClassVar[tuple[str, ...]] = ()

    def apply(self, scene: Scene, progress: Progress) -> Patch | None:
        """Work out the new mask.

        Parameters
        ----------
        scene : Scene
            The images and masks, all read-only.
        progress : Progress
            Told how far the work is; raises `Cancelled` when it should stop.

        Returns
        -------
        Patch or None
            The new voxels of a box; outside it nothing changes. None when nothing changes at all.
        """
        raise NotImplementedError

    def found(self, scene: Scene, progress: Progress) -> tuple[Found, ...]:
        """Return the numbers that it finds, by the code that `apply` uses: intensities in the image, or others.

        Parameters
        ----------
        scene, progress
            As for `apply`.

        Raises
        ------
        OperationError
            Where `apply` would raise it.
        """
        return ()

    @classmethod
    def finds(cls) -> bool:
        """Whether it finds any numbers, which may take a while."""
        return cls.found is not Operation.found

    def check_grid(self, geometry: Geometry) -> None:
        """Raise `OperationError` if the grid of the image alone shows that this cannot be done; before any work."""

    def reach(self, scene: Scene) -> tuple[int, int, int] | None:
        """Return how many voxels away, per axis, a result voxel looks; None when it may look anywhere.

        What looks no further than a few voxels can be previewed on the visible slices alone.
        """
        return None

    @classmethod
    def suggest(cls, scene: Scene) -> Self:
        """Return the values a form opens with for this image and mask."""
        return cls()

    @classmethod
    def upgrade(cls, version: int, parameters: Json) -> Json:
        """Return the parameters of an older version as those of this one."""
        return parameters

    @classmethod
    def parameters(cls) -> tuple[Parameter, ...]:
        """Return the declared parameters, in order."""
        return parameters_of(cls)

    @classmethod
    def summary_line(cls) -> str:
        """Return the first sentence of the description."""
        return (cls.__doc__ or "").strip().split("\n")[0]

    def references(self) -> frozenset[str]:
        """Return the ids of the other ROIs that this operation looks at."""
        found: set[str] = set()
        for declared in self.parameters():
            value = getattr(self, declared.name)
            if declared.role is Role.ROI and value:
                found.add(value)
            elif declared.role is Role.ROIS:
                found.update(value)
        return frozenset(found)

    def images(self) -> frozenset[str]:
        """Return the names of the further images that this operation looks at."""
        looked_at = (getattr(self, declared.name) for declared in self.parameters() if declared.role is Role.IMAGE)
        return frozenset(name for name in looked_at if name)

    @property
    def called(self) -> str:
        """The name of a move that carries it out; the title, unless the window knows it by another name."""
        return self.title

    def summary(self) -> str:
        """Return the row of the history: the title and what differs from the defaults."""
        words = [
            declared.describe(getattr(self, declared.name))
            for declared in self.parameters()
            if declared.role is not Role.HIDDEN and getattr(self, declared.name) != declared.default
        ]
        return f"{self.title}: {', '.join(words)}" if words else self.title

    @classmethod
    def is_bound(cls) -> bool:
        """Whether it belongs to the image it was made on: drawn, clicked, or brought in from a file."""
        return cls.by_tool or any(declared.role is Role.VOXEL for declared in cls.parameters())

    def moved(self, source: Geometry, onto: Geometry) -> Self:
        """Return the operation that does on another grid, at the same place of the world, what it does on its own.

        Raises
        ------
        GeometryError
            If there is no such place.
        """
        changes: dict[str, tuple[int, ...]] = {}
        for declared in self.parameters():
            if declared.role is Role.VOXEL:
                there = onto.to_voxel(source.to_world(getattr(self, declared.name)))
                changes[declared.name] = tuple(round(index) for index in there.tolist())
        return self.model_copy(update=changes)

    def python(self) -> Python:
        """Return the operation as Python that needs no maskeditor and makes the same mask."""
        raise NotImplementedError

    def methods(self) -> str:
        """Return the sentence of a paper that says what was done, with every parameter that matters."""
        words = [
            declared.describe(getattr(self, declared.name))
            for declared in self.parameters()
            if declared.role is not Role.HIDDEN
            and getattr(self, declared.name) not in ("", None)
            and declared.matters(partial(getattr, self))
        ]
        return f"“{self.title}” was carried out" + (f" ({', '.join(words)})." if words else ".")

    def of_one_volume(self) -> Self:
        """Return it as a text states it whose image has one volume, which is then not named."""
        return self

    def citations(self) -> tuple[Citation, ...]:
        """Return the works that a paper should cite for what was done."""
        return ()

    def to_json(self) -> Json:
        """Return id, version and parameters, ready for JSON."""
        return {"id": self.id, "version": self.version, "parameters": self.model_dump(mode="json")}


Op = TypeVar("Op", bound=type[Operation])
Model = TypeVar("Model", bound=BaseModel)
_register: dict[str, type[Operation]] = {}
#: Modules that are still to enter operations, by name: to run one operation takes not what fifty import.
_kept: dict[str, str] = {}


def keep(package: str, names: Iterable[str]) -> None:
    """Have modules of a package be imported when the operation that is called as they are, or all, are asked for.

    Parameters
    ----------
    package : str
        Its `__name__`.
    names : iterable of str
        Of its modules.
    """
    kept = {name: f"{package}.{name}" for name in names}
    _kept.update(kept)
    # Where somebody else has entered one that is called so, it is said now and not once all are listed.
    _fetch(_register.keys() & kept)


def _fetch(names: Iterable[str]) -> None:
    for name in tuple(names):
        module = _kept.get(name)
        if module is not None:
            # Another thread may be at it, whose operation is entered before all of its module is there: this waits.
            import_module(module)
            _kept.pop(name, None)


def operation(
    id: str, *, title: str, group: str, version: int = 1, by_tool: bool = False, synonyms: tuple[str, ...] = ()
) -> Callable[[Op], Op]:
    """Enter an operation in the register.

    Parameters
    ----------
    id : str
        Name in recipes and on the command line; never changes.
    title, group : str
        What people read, and the menu it is found in.
    version : int
        Version of the parameters.
    by_tool : bool
        Whether a hand or a file makes it.
    synonyms : tuple of str
        What others call it: it is found by these too.
    """

    def enter(cls: Op) -> Op:
        if _kept.get(id, cls.__module__) != cls.__module__:
            _fetch([id])
        if id in _register and _register[id].__qualname__ != cls.__qualname__:
            raise ValueError(f"Two operations have the id {id!r}.")
        cls.id, cls.title, cls.group, cls.version, cls.by_tool = id, title, group, version, by_tool
        cls.synonyms = synonyms
        for declared in parameters_of(cls):
            if not declared.title or not declared.description:
                raise ValueError(f"{id}: the parameter {declared.name} needs a title and a description.")
        _register[id] = cls
        return cls

    return enter


def operations() -> tuple[type[Operation], ...]:
    """Return every registered operation, by group and title."""
    _fetch(_kept)
    return tuple(sorted(_register.values(), key=lambda cls: (cls.group, cls.title)))


def find(id: str) -> type[Operation]:
    """Return the operation with this id.

    Raises
    ------
    UnknownOperation
        If there is none; the sentence names the nearest known.
    """
    if id in _kept:
        _fetch([id])
    if id not in _register:
        # One whose module is called otherwise is found among all.
        called = {cls.id: (cls.title, *cls.synonyms) for cls in operations()}
        if id not in called:
            raise UnknownOperation(
                f"There is no operation {_shown(id)}{ending(id, called, '; see maskeditor operations.')}"
            )
    return _register[id]


def make(id: str, parameters: Mapping[str, Any]) -> Operation:
    """Return an operation from its id and parameters; text is read as its parameter's type.

    Raises
    ------
    ParameterError
        One sentence for each parameter that the declaration does not allow.
    """
    return checked(find(id), id, parameters)


def checked(cls: type[Model], owner: str, values: Mapping[str, Any]) -> Model:
    """Return a model made of declared parameters, or say in sentences all that the declaration does not allow.

    Parameters
    ----------
    cls : type
        An operation, or another model whose fields are made by `parameter`.
    owner : str
        What the sentences begin with.
    values : mapping
        By name; text is read as its parameter's type.

    Raises
    ------
    ParameterError
    """
    known = {parameter.name: parameter for parameter in parameters_of(cls)}
    unknown = [name for name in values if name not in known]
    has = f"; it has {', '.join(known)}." if known else "."
    called = {parameter.name: (parameter.title,) for parameter in known.values()}
    problems = [f"{owner} has no parameter {_shown(name)}{ending(name, called, has)}" for name in unknown[:_MOST_NAMED]]
    read = {
        name: known[name].read(value) if isinstance(value, str) else value
        for name, value in values.items()
        if name in known
    }
    try:
        made = cls(**read)
    except ValidationError as error:
        for problem in error.errors():
            place = problem["loc"]
            if not place or place[0] not in known:
                problems.append(f"{owner}: {str(problem['msg']).removeprefix('Value error, ')}.")
                continue
            parameter = known[str(place[0])]
            given = f"is {_shown(values[parameter.name])}" if parameter.name in values else "is not given"
            sentence = f"{owner}: {parameter.name} {given}, but must be {parameter.wanted}."
            if sentence not in problems:
                problems.append(sentence)
        raise ParameterError(" ".join(problems)) from None
    if problems:
        raise ParameterError(" ".join(problems))
    return made


def from_json(record: Mapping[str, Any]) -> Operation:
    """Return an operation from `Operation.to_json`, of this or any older version.

    Raises
    ------
    ParameterError
        If the operation or a parameter is unknown, or the record is of a newer version.
    """
    cls = find(str(record.get("id")))
    version = record.get("version", 1)
    parameters = record.get("parameters", {})
    if not isinstance(version, int) or not isinstance(parameters, dict):
        raise ParameterError(
            f'{cls.id}: "version" must be a whole number and "parameters" an object; correct the step.'
        )
    if version > cls.version:
        raise ParameterError(
            f"{cls.id} is of version {version}, but this program knows versions up to {cls.version}; "
            "open it with a newer maskeditor."
        )
    return make(cls.id, cls.upgrade(version, parameters) if version < cls.version else parameters)


def from_trusted_json(record: Mapping[str, Any]) -> Operation:
    """Return an operation from `Operation.to_json` as it was written, without checking its values again.

    Ten thousand strokes are back in half the time. What is of an older version is read as by `from_json`.
    """
    cls = find(str(record.get("id")))
    parameters = record.get("parameters", {})
    if record.get("version") != cls.version or parameters.keys() != cls.model_fields.keys():
        return from_json(record)
    return cls.model_construct(**{name: _as_tuples(value) for name, value in parameters.items()})


def _as_tuples(value: Any) -> Any:
    if not isinstance(value, list):
        return value
    # No call for each point of a stroke, and none for its numbers; lists in a list are all as deep as the first.
    first = value[0] if value else None
    if not isinstance(first, list):
        return tuple(value)
    return tuple(map(_as_tuples if first and isinstance(first[0], list) else tuple, value))


def from_text(text: str) -> Operation:
    """Return an operation from a line such as ``dilation iterations=2``.

    Raises
    ------
    ParameterError
        If the line is not an id followed by name=value words.
    """
    return make(*words_of(text))


def words_of(text: str) -> tuple[str, dict[str, Any]]:
    """Return the id and the parameters, as text, of a line such as ``dilation iterations=2``.

    Raises
    ------
    ParameterError
        If the line is not an id followed by name=value words.
    """
    try:
        words = shlex.split(text)
    except ValueError as error:
        raise ParameterError(f"{text!r} cannot be read ({error}); write it as ID name=value name=value.") from None
    if not words:
        raise ParameterError("An empty step was given; write it as ID name=value name=value.")
    parameters: dict[str, Any] = {}
    for word in words[1:]:
        name, equals, value = word.partition("=")
        if not equals:
            raise ParameterError(f"{words[0]}: {word!r} is not of the form name=value.")
        if name in parameters:
            raise ParameterError(
                f"{words[0]}: {name} is given twice ({parameters[name]!r} and {value!r}); give it once."
            )
        parameters[name] = value
    return words[0], parameters


#: Parameters that are not known are named up to so many: a recipe may be anybody's.
_MOST_NAMED = 8


def _shown(value: object) -> str:
    text = repr(value)
    return text if len(text) <= 60 else text[:57] + "..."
