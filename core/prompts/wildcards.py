r"""Wildcards of a prompt, such as `{red|blue}` and `__colours__`, and what a seed makes of them.

    {red|blue} ball           one of them
    {3::red|blue} ball        red three times as often
    {a {very |}old|no} dog    one within another
    __colours__ ball          a line of the list colours.txt
    \{ \} \__                   what is meant as it stands; within braces \| too

Braces without a bar are left as they are, so that a prompt may be JSON. A text with neither braces
nor two underscores is never changed.
"""

from __future__ import annotations

import random
import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, TypeAlias

from core.errors import Problem, UnreadableText, UnsupportedRequest
from core.platform.suggestions import unknown_name

if TYPE_CHECKING:
    from collections.abc import Iterator

    from core.prompts.word_lists import WordLists

MOST_NESTED = 20
"""So deep may braces stand within braces, and lists name lists."""
MOST_LETTERS = 20_000
"""So long may a prompt become."""

_FIELD = "prompt"
_LIST = re.compile(r"__([^\W_](?:[\w/-]*?[^\W_])??)__")
_WEIGHT = re.compile(r"\s*(\d{1,6}(?:\.\d{1,6})?)::")
_SHOWN_LETTERS = 24


@dataclass(frozen=True)
class ListName:
    """A place where a line of a list of words comes."""

    name: str


@dataclass(frozen=True)
class WeightedWords:
    """One of several words, and how often it comes beside the others."""

    parts: tuple[TemplatePart, ...]
    weight: float = 1.0


@dataclass(frozen=True)
class WordChoice:
    """A place where one of several words comes."""

    options: tuple[WeightedWords, ...]


TemplatePart: TypeAlias = str | ListName | WordChoice


def may_have_wildcards(text: str) -> bool:
    """Whether there is anything in a text that could be a wildcard, or hide one."""
    return "{" in text or "}" in text or "__" in text


class Wildcards:
    """A prompt whose wildcards were all found good, with every list that they can lead to."""

    def __init__(self, prompt: str, lists: WordLists) -> None:
        """Read the prompt and the lists that it names.

        Raises:
            UnsupportedRequest: with everything that is wrong, also with what a seed may never draw.
        """
        self.prompt = prompt
        self._lists: dict[str, tuple[WeightedWords, ...]] = {}
        problems: list[str] = []
        self._parts = _read(prompt, "the prompt", problems)
        self._read_lists(lists, problems)
        if not problems:
            problems += self._circles()
        if problems:
            raise UnsupportedRequest([Problem(_FIELD, text) for text in dict.fromkeys(problems)])

    @property
    def is_plain(self) -> bool:
        """Whether there is nothing to be drawn, nor anything that was written to stand as it is."""
        return self._parts in ((), (self.prompt,))

    def draw(self, seed: int) -> str:
        """The prompt that a seed makes of it; the same seed and lists give the same one.

        Raises:
            UnsupportedRequest: it becomes longer than a prompt may be.
        """
        # Of all that Python draws, this alone is promised to stay the same in every version.
        number = random.Random(seed).random
        drawn: list[str] = []
        # Counts what is drawn besides, since lists can lead to very many words of no letter at all.
        letters = 0
        is_seam = False
        waiting = [iter(self._parts)]
        while waiting:
            part = next(waiting[-1], None)
            letters += 1
            match part:
                case None:
                    waiting.pop()
                case str():
                    # Where words are put in, two blanks beside each other are one.
                    is_double = is_seam and (not drawn or drawn[-1].endswith(" "))
                    words = part.lstrip(" ") if is_double else part
                    drawn += [words] if words else []
                    letters += len(words)
                case ListName(name):
                    waiting.append(iter(_drawn(self._lists[name], number())))
                case WordChoice(options):
                    waiting.append(iter(_drawn(options, number())))
            is_seam = not isinstance(part, str)
            if letters > MOST_LETTERS:
                raise UnsupportedRequest([Problem(_FIELD, _TOO_LONG)])
        return "".join(drawn)

    def _read_lists(self, lists: WordLists, problems: list[str]) -> None:
        """Read every list that the prompt names, and those that these name."""
        waiting = list(_lists_in(self._parts))
        while waiting:
            name = waiting.pop(0)
            if name in self._lists:
                continue
            self._lists[name] = options = _read_list(name, lists, problems)
            waiting += [inner for option in options for inner in _lists_in(option.parts)]

    def _circles(self) -> Iterator[str]:
        """A sentence on each list that leads to itself, or to more lists than anybody needs."""
        ended: set[str] = set()
        for first in dict.fromkeys(_lists_in(self._parts)):
            path = [first]
            branches = [iter(self._lists_of(first))]
            while branches:
                name = next(branches[-1], None)
                if name is None:
                    branches.pop()
                    ended.add(path.pop())
                elif name in path:
                    way = " → ".join((*path[path.index(name) :], name))
                    yield f"The list {name!r} never comes to an end: {way}. Take one of them out."
                    return
                elif len(path) >= MOST_NESTED:
                    yield (
                        f"More than {MOST_NESTED} lists name each other: {' → '.join(path)}. "
                        "Put some of them together."
                    )
                    return
                elif name not in ended:
                    path.append(name)
                    branches.append(iter(self._lists_of(name)))

    def _lists_of(self, name: str) -> tuple[str, ...]:
        found = (inner for option in self._lists[name] for inner in _lists_in(option.parts))
        return tuple(dict.fromkeys(found))


_TOO_LONG = (
    f"With its wildcards the prompt becomes longer than {MOST_LETTERS:,} letters. Let fewer lists "
    "stand in one another."
)


def _drawn(options: tuple[WeightedWords, ...], number: float) -> tuple[TemplatePart, ...]:
    """The words that a number, 0 to 1, stands for."""
    rest = number * sum(option.weight for option in options)
    for option in options:
        rest -= option.weight
        if rest < 0:
            return option.parts
    return next(option.parts for option in reversed(options) if option.weight)


def _read(text: str, where: str, problems: list[str]) -> tuple[TemplatePart, ...]:
    """A text as its parts; what is wrong with it joins the problems."""
    if not may_have_wildcards(text):
        return (text,) if text else ()
    reader = _TemplateReader(text, where)
    parts = reader.whole()
    problems += reader.problems
    return parts


def _read_list(name: str, lists: WordLists, problems: list[str]) -> tuple[WeightedWords, ...]:
    if name not in lists.names():
        problems.append(
            f"{unknown_name('list of words', name, lists.names())} Each is a text file, here "
            f"{f'{name}.txt'!r}, in {str(lists.folder)!r}, with words line by line. Two "
            "underscores that are meant are written \\__."
        )
        return ()
    try:
        lines = lists.lines(name)
    except UnreadableText as error:
        problems.append(f"{error.message} {error.hint}".strip())
        return ()
    options: list[WeightedWords] = []
    for number, line in lines:
        weight, words = _weight_of(line)
        parts = _read(words, f"line {number} of the list {name!r}", problems)
        options.append(WeightedWords(parts, weight))
    if not options:
        problems.append(f"The list {name!r} is empty. Write words into {str(lists.path(name))!r}.")
    elif not any(option.weight for option in options):
        problems.append(f"Every line of the list {name!r} has the weight 0, so none can be drawn.")
    return tuple(options)


def _weight_of(text: str) -> tuple[float, str]:
    found = _WEIGHT.match(text)
    return (1.0, text) if found is None else (float(found[1]), text[found.end() :])


def _lists_in(parts: tuple[TemplatePart, ...]) -> Iterator[str]:
    """The lists that stand in a text, however deep in its braces."""
    for part in parts:
        match part:
            case ListName(name):
                yield name
            case WordChoice(options):
                for option in options:
                    yield from _lists_in(option.parts)
            case str():
                pass


class _TemplateReader:
    """Reads a text from left to right, once."""

    def __init__(self, text: str, where: str) -> None:
        self.problems: list[str] = []
        self._text = text
        self._where = where
        self._at = 0
        self._is_open = False

    def whole(self) -> tuple[TemplatePart, ...]:
        parts: list[TemplatePart] = []
        while True:
            parts += self._sequence(0)
            if self._at >= len(self._text):
                return _joined(parts)
            # Only a brace that closes nothing ends it earlier.
            self._refuse(self._at, "closes no other", "Open one before it, or write \\} for")
            self._at += 1

    def _sequence(self, depth: int) -> list[TemplatePart]:
        """What stands up to the next bar or closing brace of this depth, or the end."""
        parts: list[TemplatePart] = []
        text = self._text
        while self._at < len(text):
            sign = text[self._at]
            if sign == "\\":
                parts.append(self._escaped(depth))
            elif sign == "{":
                parts += self._braces(depth + 1)
            elif sign == "}" or (sign == "|" and depth):
                break
            elif sign == "_" and (found := _LIST.match(text, self._at)):
                parts.append(ListName(found[1]))
                self._at = found.end()
            else:
                parts.append(sign)
                self._at += 1
        return parts

    def _escaped(self, depth: int) -> str:
        """What stands behind a backslash where that means something, else the backslash."""
        signs = ("{", "}", "__", "|") if depth else ("{", "}", "__")
        for sign in signs:
            if self._text.startswith(sign, self._at + 1):
                self._at += 1 + len(sign)
                return sign
        self._at += 1
        return "\\"

    def _braces(self, depth: int) -> list[TemplatePart]:
        begin = self._at
        if depth > MOST_NESTED:
            self.problems.append(
                f"In {self._where} more than {MOST_NESTED} braces stand in one another, at "
                f"{self._shown(begin)}. Use fewer."
            )
            self._at, self._is_open = len(self._text), True
            return []
        self._at += 1
        options = [self._sequence(depth)]
        while self._at < len(self._text) and self._text[self._at] == "|":
            self._at += 1
            options.append(self._sequence(depth))
        if self._at >= len(self._text):
            if not self._is_open:
                self._is_open = True
                self._refuse(begin, "is not closed", "Close it with }, or write \\{ for")
            return []
        self._at += 1
        if len(options) == 1:
            if not options[0]:
                self._refuse(begin, "holds nothing", "Write words between them, or \\{ and \\} for")
            return ["{", *options[0], "}"]
        return [self._choice(begin, options)]

    def _choice(self, begin: int, options: list[list[TemplatePart]]) -> WordChoice:
        choice = WordChoice(tuple(map(_option, options)))
        if not any(map(_has_words, choice.options)):
            self._refuse(
                begin, "holds nothing to choose", "Write words between the bars, or \\{ for"
            )
        elif not any(option.weight for option in choice.options):
            self.problems.append(
                f"In {self._where} every weight at {self._shown(begin)} is 0, so no word can be "
                "drawn."
            )
        return choice

    def _refuse(self, at: int, what: str, advice: str) -> None:
        self.problems.append(
            f"In {self._where} the brace at letter {at + 1}, {self._shown(at)}, {what}. {advice} a "
            "brace that is meant."
        )

    def _shown(self, at: int) -> str:
        shown = self._text[at : at + _SHOWN_LETTERS]
        return repr(f"{shown}…" if at + _SHOWN_LETTERS < len(self._text) else shown)


def _has_words(option: WeightedWords) -> bool:
    return any(not isinstance(part, str) or part.strip() for part in option.parts)


def _option(parts: list[TemplatePart]) -> WeightedWords:
    """One of several, with its weight."""
    joined = list(_joined(parts))
    weight = 1.0
    if joined and isinstance(joined[0], str):
        weight, joined[0] = _weight_of(joined[0])
    return WeightedWords(tuple(part for part in joined if part != ""), weight)


def _joined(parts: list[TemplatePart]) -> tuple[TemplatePart, ...]:
    """The parts with their letters put together."""
    found: list[TemplatePart] = []
    for part in parts:
        if isinstance(part, str) and found and isinstance(found[-1], str):
            found[-1] += part
        elif part != "":
            found.append(part)
    return tuple(found)
