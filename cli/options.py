"""Options as a table: typer takes the words apart, one reader reads every value behind them."""

from __future__ import annotations

import inspect
import math
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from enum import Enum, StrEnum, auto
from keyword import iskeyword
from pathlib import Path
from typing import Annotated, Any, TypeVar

import typer

from cli.context import CliContext, context_of
from core.errors import Problem
from core.platform.suggestions import unknown_name

T = TypeVar("T")
E = TypeVar("E", bound=StrEnum)
Run = Callable[[CliContext, "Typed"], int]


class Kind(Enum):
    """What follows an option: one value, a value each time, yes or no by its name, or nothing."""

    TEXT = auto()
    MANY = auto()
    SWITCH = auto()
    FLAG = auto()


@dataclass(frozen=True)
class Option:
    """One option.

    Attributes:
        name: its chief spelling; a switch has one with "no-" besides.
        panel: the heading that the help puts it under.
        others: further spellings.
    """

    name: str
    kind: Kind
    help: str = ""
    metavar: str | None = None
    panel: str | None = None
    others: tuple[str, ...] = ()

    @property
    def variable(self) -> str:
        """Its name in Python."""
        name = self.name.removeprefix("--").replace("-", "_")
        return f"{name}_" if iskeyword(name) else name

    @property
    def opposite(self) -> str:
        """The spelling that says no to a switch."""
        return f"--no-{self.name.removeprefix('--')}"

    @property
    def spellings(self) -> tuple[str, ...]:
        """Every way to write it."""
        no = (self.opposite,) if self.kind is Kind.SWITCH else ()
        return (self.name, *no, *self.others)

    def parameter(self) -> inspect.Parameter:
        """It as typer reads it; every value is text and may come more than once."""
        names, kind = [self.name, *self.others], list[str]
        if self.kind is Kind.SWITCH:
            names, kind = [f"{self.name}/{self.opposite}"], list[bool]
        elif self.kind is Kind.FLAG:
            kind = bool
        declared = typer.Option(
            *names, help=self.help, metavar=self.metavar, rich_help_panel=self.panel
        )
        return _keyword(
            self.variable,
            Annotated[kind if kind is bool else kind | None, declared],
            False if kind is bool else None,
        )


class Unreadable(ValueError):
    """A value that cannot be read, with a sentence that says why."""


class Typed:
    """What was typed; every mistake in it joins `problems` instead of ending the command.

    Attributes:
        words: what stands behind no option.
    """

    def __init__(self, values: Mapping[str, object], words: Sequence[str] = ()) -> None:
        self._values = values
        self.words = tuple(words)
        self.problems: list[Problem] = []

    def has(self, option: str) -> bool:
        """Whether the command has such an option at all."""
        return option in self._values

    def texts(self, option: str) -> tuple[str, ...]:
        """Every value of an option, in order."""
        found: Any = self._values.get(option) or ()
        return tuple(found)

    def text(self, option: str) -> str | None:
        """The one value of an option, whatever it is; None where it was not given."""
        return self._only(option, self.texts(option))

    def flag(self, option: str) -> bool:
        """Whether an option was given at all, with a value or without."""
        return bool(self._values.get(option))

    def switch(self, option: Option) -> bool | None:
        """What was chosen of two spellings; None where neither was given."""
        found: Any = self._values.get(option.name) or ()
        spelling = self._only(
            option.name, [option.name if yes else option.opposite for yes in found]
        )
        return None if spelling is None else spelling == option.name

    def read(self, option: str, convert: Callable[[str], T]) -> T | None:
        """The one value of an option, read; None where there is none that can be."""
        text = self.text(option)
        return None if text is None else self.convert(option, text, convert)

    def convert(self, option: str, text: str, convert: Callable[[str], T]) -> T | None:
        """One value, read; None where it cannot be."""
        if not text.strip() and convert is not str:
            self.refuse(option, f"{option} is empty. Give it a value or leave it out.")
            return None
        try:
            return convert(text.strip())
        except Unreadable as error:
            self.refuse(option, f"{option}: {error}")
        except (ValueError, OverflowError):
            takes = _TAKES.get(convert, "a number")
            self.refuse(option, f"{option} takes {takes}, not {text!r}.")
        return None

    def refuse(self, where: str, message: str) -> None:
        """One more problem."""
        self.problems.append(Problem(where, message))

    def _only(self, option: str, values: Sequence[str]) -> str | None:
        different = list(dict.fromkeys(values))
        if len(different) > 1:
            listed = " and ".join(map(repr, different))
            self.refuse(option, f"{option} is given twice: {listed}. Give it once.")
        return different[0] if different else None


def number(text: str) -> float:
    """A finite number."""
    found = float(text)
    if not math.isfinite(found):
        raise ValueError(text)
    return found


def seconds(text: str) -> float:
    """A finite number, with or without an s behind it."""
    return number(text.removesuffix("s"))


def file(text: str) -> Path:
    """A path, as it was typed."""
    if "\0" in text:
        raise Unreadable(f"{text!r} cannot be a file name.")
    return Path(text)


def chooser(choices: Iterable[E]) -> Callable[[str], E]:
    """Reads one of the choices, as which an enum counts too."""
    known = {item.value: item for item in choices}

    def choose(text: str) -> E:
        found = known.get(text.lower())
        if found is None:
            raise Unreadable(unknown_name("choice", text, known))
        return found

    return choose


_TAKES: Mapping[Callable[[str], Any], str] = {
    int: "a whole number",
    seconds: "a number of seconds",
}


def command(
    run: Run,
    options: Sequence[Option],
    words: inspect.Parameter | None = None,
) -> Callable[..., int]:
    """What typer makes a command of: it takes the options, and hands what was typed to `run`.

    Args:
        run: the command itself; its docstring is the command's help.
        options: the table.
        words: how the words behind no option are declared; None where typer may not know them.
    """
    by_variable = {option.variable: option.name for option in options}
    parameters = [_keyword("ctx", typer.Context, inspect.Parameter.empty)]
    parameters += [words] if words is not None else []
    parameters += [option.parameter() for option in options]

    def call(ctx: typer.Context, **given: Any) -> int:
        typed = Typed(
            {by_variable[name]: value for name, value in given.items() if name in by_variable},
            _listed(given[words.name]) if words is not None else ctx.args,
        )
        return run(context_of(ctx), typed)

    # Typer reads a command's options off its signature and annotations.
    call.__doc__, call.__name__ = run.__doc__, run.__name__
    vars(call)["__signature__"] = inspect.Signature(parameters)
    call.__annotations__ = {parameter.name: parameter.annotation for parameter in parameters}
    return call


def argument(name: str, kind: object, help_text: str) -> inspect.Parameter:
    """The words behind no option, as typer reads them."""
    annotation: Any = kind
    return _keyword(name, Annotated[annotation, typer.Argument(help=help_text)], None)


def _keyword(name: str, annotation: object, default: object) -> inspect.Parameter:
    kind = inspect.Parameter.KEYWORD_ONLY
    return inspect.Parameter(name, kind, default=default, annotation=annotation)


def _listed(given: object) -> Sequence[str]:
    found: Any = given
    return [found] if isinstance(found, str) else list(found or ())
