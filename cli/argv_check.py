"""Sorts the words of a command line, so that every mistake in them is told at once."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from core.errors import Problem
from core.platform.suggestions import nearest_name

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence


@dataclass(frozen=True)
class OptionWord:
    """What one spelling of an option means.

    Attributes:
        option: the option's chief name, the same for all its spellings.
        spelling: the word that the parser is given for this one.
    """

    option: str
    spelling: str
    takes_value: bool


@dataclass
class Sifted:
    """A command line in order.

    Attributes:
        words: what the parser can take: options in their chief spelling, then command and rest.
        values: what was given for each option; the spelling for those that take no value.
        command: the subcommand, if one was named.
    """

    words: list[str] = field(default_factory=list[str])
    values: dict[str, str] = field(default_factory=dict[str, str])
    command: str | None = None
    problems: list[Problem] = field(default_factory=list[Problem])


def sift(argv: Sequence[str], options: Mapping[str, OptionWord], commands: Sequence[str]) -> Sifted:
    """Sort the words of a command line by what the main command knows."""
    return _Sieve(options, commands).sift(argv)


class _Sieve:
    def __init__(self, options: Mapping[str, OptionWord], commands: Sequence[str]) -> None:
        self._options = options
        self._commands = commands
        self._sifted = Sifted()

    def sift(self, argv: Sequence[str]) -> Sifted:
        words = iter(argv)
        rest = list(argv)
        for word in words:
            rest = rest[1:]
            taken = 0
            if word == "--":
                for stray in words:
                    self._refuse_stray(stray)
            elif word.startswith("-") and len(word) > 1:
                taken = self._option(word, rest)
            elif word in self._commands:
                self._take_command(word, rest)
                break
            else:
                self._refuse_stray(word)
            rest = rest[taken:]
            _skip(words, taken)
        return self._sifted

    def _option(self, word: str, rest: Sequence[str]) -> int:
        """Take one option; gives how many of the following words belong to it."""
        name, joined, value = _split(word)
        known = self._options.get(name)
        if known is None:
            near = nearest_name(name, self._options)
            guess = f" Did you mean {near}?" if near else " 'main.py --help' lists them all."
            self._refuse(name, f"There is no option {name}.{guess}")
            follows = rest[:1] and not rest[0].startswith("-") and rest[0] not in self._commands
            return 1 if follows and not joined else 0
        if not known.takes_value:
            if joined:
                self._refuse(known.option, f"{name} takes no value. Write it alone.")
            else:
                self._keep(known, known.spelling, name)
            return 0
        if joined:
            self._keep(known, value, name)
            return 0
        if not rest:
            self._refuse(known.option, f"{name} needs a value, and none follows it.")
            return 0
        self._keep(known, rest[0], name)
        return 1

    def _keep(self, known: OptionWord, value: str, name: str) -> None:
        earlier = self._sifted.values.get(known.option)
        if earlier is not None and earlier != value:
            self._refuse(
                known.option, f"{name} is given twice: {earlier!r} and {value!r}. Give it once."
            )
            return
        self._sifted.values[known.option] = value
        if earlier is None:
            word = f"{known.spelling}={value}" if known.takes_value else known.spelling
            self._sifted.words.append(word)

    def _take_command(self, command: str, rest: Sequence[str]) -> None:
        given = ", ".join(self._sifted.values)
        if given:
            self._refuse(
                given,
                f"{command!r} is a command of its own, so {given} before it has no meaning. Put "
                f"the command's own options behind it: 'main.py {command} --help' lists them.",
            )
        self._sifted.command = command
        self._sifted.words = [command, *rest]

    def _refuse_stray(self, word: str) -> None:
        near = nearest_name(word, self._commands) if " " not in word else None
        guess = f"Did you mean {near!r}? " if near else ""
        self._refuse("command", f"{word!r} is no command. {guess}A prompt is given with -p.")

    def _refuse(self, where: str, message: str) -> None:
        self._sifted.problems.append(Problem(where, message))


def _split(word: str) -> tuple[str, bool, str]:
    if word.startswith("--"):
        name, equals, value = word.partition("=")
        return name, bool(equals), value
    value = word[2:].removeprefix("=")
    return word[:2], len(word) > 2, value


def _skip(words: Iterator[str], count: int) -> None:
    for _ in range(count):
        next(words, None)
