"""Options of a command read from a declaration of parameters, as forms are."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any, TypeVar

import click
from pydantic import BaseModel

from maskeditor.core.operation.declaration import checked
from maskeditor.core.operation.parameters import Kind, Parameter, parameters_of

_Command = TypeVar("_Command", bound=Callable[..., Any])
Declared = TypeVar("Declared", bound=BaseModel)


def declared_options(declaration: type[BaseModel]) -> Callable[[_Command], _Command]:
    """Return what gives a command an option for each parameter: `--high-pass` for `high_pass`."""

    def give(command: _Command) -> _Command:
        for parameter in reversed(parameters_of(declaration)):
            command = _option(parameter)(command)
        return command

    return give


def value_of(declaration: type[Declared], owner: str, given: Mapping[str, Any]) -> Declared:
    """Return a declaration made of options; those that were not given keep their defaults.

    Parameters
    ----------
    declaration : type
        A pydantic model whose fields were made by `parameter`.
    owner : str
        What sentences begin with.
    given : mapping
        The options by the names of their parameters, None where one was not given.

    Raises
    ------
    ParameterError
        One sentence for each option that the declaration does not allow.
    """
    names = [parameter.name for parameter in parameters_of(declaration)]
    return checked(declaration, owner, {name: given[name] for name in names if given[name] is not None})


def _option(parameter: Parameter) -> Callable[[_Command], _Command]:
    # What is a word of Python, such as from, is called from_ there.
    name = "--" + parameter.name.rstrip("_").replace("_", "-")
    unit = f" ({parameter.unit})" if parameter.unit else ""
    if parameter.kind is Kind.FLAG:
        words = f"{name}/--no-{name[2:]}" if parameter.default else name
        return click.option(words, parameter.name, is_flag=True, default=None, help=parameter.description)
    default = "" if parameter.default in (None, (), "none", 0.0, 0) else f"  [default: {parameter.default}]"
    return click.option(
        name,
        parameter.name,
        metavar="|".join(map(str, parameter.choices)) if parameter.kind is Kind.CHOICE else "VALUE",
        help=f"{parameter.description}{unit}{default}",
    )
