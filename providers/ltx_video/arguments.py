"""Arguments of Python scripts: brought to what their annotations say, or refused by name."""

from __future__ import annotations

import inspect
from functools import wraps
from typing import TYPE_CHECKING, Any, ParamSpec, TypeVar, cast, get_args, get_type_hints

from pydantic import ConfigDict, ValidationError, validate_call

from core.errors import Problem, UnsupportedRequest, shortened
from core.platform.suggestions import unknown_name

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

_P = ParamSpec("_P")
_R = TypeVar("_R")


def checked_arguments(method: Callable[_P, _R]) -> Callable[_P, _R]:
    """The method with its arguments brought to what their annotations say, or refused by name."""

    @wraps(method)
    def called(*args: _P.args, **kwargs: _P.kwargs) -> _R:
        return method(*args, **kwargs)

    # A plain function also around a coroutine's: arguments are refused when it is called.
    validated = validate_call(config=ConfigDict(arbitrary_types_allowed=True))(called)

    @wraps(method)
    def checked(*args: _P.args, **kwargs: _P.kwargs) -> _R:
        try:
            return validated(*args, **kwargs)
        except ValidationError as error:
            raise refused_arguments(error, method) from error

    return checked


def refused_arguments(error: ValidationError, called: Callable[..., object]) -> UnsupportedRequest:
    """What is wrong with the arguments of a call, one sentence for each of them."""
    takes = _takes(called)
    problems: dict[str, Problem] = {}
    for found in error.errors(include_url=False):
        mistake = cast("Mapping[str, Any]", found)
        argument = mistake["loc"][0]
        if isinstance(argument, int):
            argument = next(iter(list(takes)[argument:]), "arguments")
        problems.setdefault(argument, Problem(argument, _mistake_text(argument, mistake, takes)))
    return UnsupportedRequest(list(problems.values()))


def _takes(called: Callable[..., object]) -> dict[str, str]:
    """By the names of arguments, in order, what each of them is."""
    takes: dict[str, str] = {}
    for name, parameter in inspect.signature(called).parameters.items():
        if parameter.kind is inspect.Parameter.VAR_KEYWORD:
            (fields,) = get_args(get_type_hints(called)[name])
            takes |= {field: kind.__name__ for field, kind in get_type_hints(fields).items()}
        else:
            takes[name] = str(parameter.annotation)
    return takes


def _mistake_text(argument: str, mistake: Mapping[str, Any], takes: Mapping[str, str]) -> str:
    if mistake["type"] == "unexpected_positional_argument":
        return "There are more arguments than are taken. Give them by their names."
    if argument not in takes:
        return unknown_name("argument", argument, [name for name in takes if name != "self"])
    kind = mistake.get("ctx", {}).get("expected") or takes[argument]
    if mistake["type"].startswith("missing") and len(mistake["loc"]) == 1:
        return f"{argument} is missing. It takes {kind}."
    return f"{argument} takes {kind}, not {shortened(repr(mistake['input']))}."
