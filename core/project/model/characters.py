"""What a project keeps by name, such as a character or a style, and `@Name` in prompts."""

from __future__ import annotations

import re
import unicodedata
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING

from core.frozen import Frozen

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

LONGEST_NAME = 60
_AT = "@"
_RUN = re.compile(r"@+")
_BRACKETS = re.compile(r"\[([^\[\]@\n]{1,60})\]")
_NOT_IN_NAMES = frozenset("@[]|{}")


class ReferenceImage(Frozen):
    """A picture that shows the model what something looks like."""

    path: Path
    name: str = ""


class CharacterKind(StrEnum):
    """What is kept by a name."""

    CHARACTER = "character"
    PLACE = "place"
    THING = "thing"
    STYLE = "style"


class Character(Frozen):
    """A character, a place, a thing or a style of a project.

    Attributes:
        name: stands behind the @ in prompts; capitals tell no two of a project apart.
        sentence: says in words what the images show.
        is_everywhere: of a style, whether every scene has it that uses the project's references.
    """

    id: str
    name: str
    kind: CharacterKind = CharacterKind.CHARACTER
    sentence: str = ""
    images: tuple[ReferenceImage, ...] = ()
    is_everywhere: bool = False


@dataclass(frozen=True)
class Mention:
    """A name behind an @ in a prompt.

    Attributes:
        start, end: its place, the @ included and the end not.
        name: as it is written there.
        character: who is meant; None where there is none of that name.
    """

    start: int
    end: int
    name: str
    character: Character | None


@dataclass(frozen=True)
class _Escape:
    """Two @ that stand for one."""

    start: int
    end: int


def name_problem(name: str, others: Sequence[Character]) -> str:
    """Why something cannot be called so beside these; empty where it can."""
    plain = tidy_name(name)
    if not plain:
        return "It needs a name, which stands behind the @ in prompts."
    if len(plain) > LONGEST_NAME:
        return f"The name has {len(plain)} letters. It may have {LONGEST_NAME}."
    strange = [letter for letter in plain if letter in _NOT_IN_NAMES or not letter.isprintable()]
    if strange:
        return f"The name {plain!r} has {strange[0]!r} in it, which prompts read otherwise."
    if not _is_letter(plain[0]):
        return f"The name {plain!r} begins with {plain[0]!r}. Begin it with a letter or a digit."
    if any(_key(other.name) == _key(plain) for other in others):
        return f"There is a {plain!r} already. Choose another name."
    return ""


def tidy_name(name: str) -> str:
    """The name with single spaces, and none around it."""
    return " ".join(name.split())


def find_mentions(prompt: str, characters: Sequence[Character]) -> tuple[Mention, ...]:
    """Every name behind an @ in a prompt, known or not.

    The longest known name counts. `@[Name]` names exactly what stands in the brackets, `@@` is a
    plain @, and so is one behind a letter, as in an address.
    """
    return tuple(mark for mark in _marks(prompt, characters) if isinstance(mark, Mention))


def write_out(prompt: str, characters: Sequence[Character]) -> str:
    """The prompt with names in the place of mentions; of one that is not known nothing changes."""
    parts: list[str] = []
    end = 0
    for mark in _marks(prompt, characters):
        parts.append(prompt[end : mark.start])
        if isinstance(mark, _Escape):
            parts.append(_AT)
        elif mark.character is None:
            parts.append(prompt[mark.start : mark.end])
        else:
            parts.append(mark.character.name)
        end = mark.end
    return "".join((*parts, prompt[end:]))


def escape(text: str) -> str:
    """A prompt that is read as this text, whatever names there are."""

    def doubled(found: re.Match[str]) -> str:
        run = found[0]
        is_plain = len(run) == 1 and not _may_begin(text, found.start())
        return run if is_plain else 2 * run

    return _RUN.sub(doubled, text)


def keep_meaning(prompt: str, before: Sequence[Character], after: Sequence[Character]) -> str:
    """The prompt for other characters, or others' names, so that it means those that it meant.

    Whoever is gone stands there as a plain name.
    """
    now = {character.id: character for character in after}
    marks = list(_marks(prompt, before))
    if not marks:
        return prompt
    ends = [*(mark.start for mark in marks[1:]), len(prompt)]
    done = prompt[: marks[0].start]
    for mark, end in zip(marks, ends, strict=True):
        text = prompt[mark.end : end]
        written = prompt[mark.start : mark.end]
        if isinstance(mark, Mention) and mark.character is not None:
            known = now.get(mark.character.id)
            was, written = written, _written(mark, known, text, written, after)
            is_read = _may_begin(done + written, len(done))
            if known is not None and not is_read:
                # Behind a letter, such as that of a name that is gone, brackets alone are read.
                written = f"{_AT}[{known.name}]"
            if written != was and text.startswith(_AT):
                # Behind a letter it was a plain one, and behind a bracket it would be none.
                text = _AT + text
        done += written + text
    return done


def mention_text(character: Character, following: str, characters: Sequence[Character]) -> str:
    """How a character is mentioned in front of a text: plainly, or in brackets where that counts.

    Args:
        character: one of those.
        following: what comes behind it in the prompt.
        characters: all of the project.
    """
    plain = f"{_AT}{character.name}"
    return plain if _means(plain, following, character, characters) else f"{_AT}[{character.name}]"


def begun_mention(prompt: str, cursor: int) -> str | None:
    """What of a mention is typed in front of the cursor, without its @; None where none is."""
    line = prompt[:cursor].rpartition("\n")[2]
    for start in range(len(line) - 1, -1, -1):
        if line[start] == _AT:
            run = len(line[: start + 1]) - len(line[: start + 1].rstrip(_AT))
            name = line[start + 1 :].removeprefix("[")
            is_begun = run % 2 == 1 and not (run == 1 and _is_inside_word(line, start))
            return name if is_begun and len(name) <= LONGEST_NAME and "]" not in name else None
    return None


def _written(
    mark: Mention,
    known: Character | None,
    text: str,
    written: str,
    after: Sequence[Character],
) -> str:
    """How a mention is written from now on; the very same where it still means the same."""
    assert mark.character is not None, "an unknown name is written as it was"
    if known is None:
        return mark.character.name
    if known.name == mark.character.name and _means(written, text, known, after):
        return written
    return mention_text(known, text, after)


def _means(written: str, following: str, character: Character, among: Sequence[Character]) -> bool:
    """Whether a mention in front of a text is read as that character."""
    found = next(iter(_marks(written + following, among)), None)
    if not isinstance(found, Mention) or found.character is None:
        return False
    return (found.start, found.end, found.character.id) == (0, len(written), character.id)


def _marks(prompt: str, characters: Sequence[Character]) -> Iterator[Mention | _Escape]:
    if _AT not in prompt:
        return
    longest_first = sorted(characters, key=lambda one: len(one.name), reverse=True)
    at = prompt.find(_AT)
    while at >= 0:
        mark = _mark_at(prompt, at, longest_first)
        if mark is not None:
            yield mark
        at = prompt.find(_AT, at + 1 if mark is None else mark.end)


def _mark_at(prompt: str, at: int, longest_first: Sequence[Character]) -> Mention | _Escape | None:
    if prompt.startswith(2 * _AT, at):
        return _Escape(at, at + 2)
    if not _may_begin(prompt, at):
        return None
    brackets = _BRACKETS.match(prompt, at + 1)
    if brackets is not None:
        name = tidy_name(brackets[1])
        same = (one for one in longest_first if _key(one.name) == _key(name))
        return Mention(at, brackets.end(), name, next(same, None)) if name else None
    for one in longest_first:
        pattern = r"\s+".join(map(re.escape, one.name.split()))
        found = re.compile(pattern, re.IGNORECASE).match(prompt, at + 1)
        if found is not None and found[0] and _ends_there(prompt, found.end()):
            return Mention(at, found.end(), found[0], one)
    end = at + 1
    while end < len(prompt) and (_is_letter(prompt[end]) or _goes_on(prompt, end)):
        end += 1
    name = prompt[at + 1 : end]
    # "@2x" is no name that somebody mistyped.
    return Mention(at, end, name, None) if name and name[0].isalpha() else None


def _may_begin(prompt: str, at: int) -> bool:
    """Whether the @ there can be that of a mention, going by what stands around it."""
    following = prompt[at + 1 : at + 2]
    if following == "[":
        return True
    return bool(following) and _is_letter(following) and not _is_inside_word(prompt, at)


def _is_inside_word(prompt: str, at: int) -> bool:
    """Whether a letter stands before it, as in an address; scripts without spaces have none."""
    before = prompt[at - 1 : at] if at else ""
    return bool(before) and _is_letter(before) and not _is_wide(before)


def _ends_there(prompt: str, end: int) -> bool:
    following = prompt[end : end + 1]
    if not following or _is_wide(following):
        return True
    return not (_is_letter(following) or _goes_on(prompt, end))


def _goes_on(prompt: str, at: int) -> bool:
    """Whether a hyphen there joins two parts of one word."""
    following = prompt[at + 1 : at + 2]
    return prompt[at] == "-" and bool(following) and _is_letter(following)


def _is_letter(letter: str) -> bool:
    return letter.isalnum() or letter == "_" or unicodedata.category(letter).startswith("M")


def _is_wide(letter: str) -> bool:
    """Whether it is of a script that puts no space between words."""
    return letter.isalpha() and unicodedata.east_asian_width(letter) in "WF"


def _key(name: str) -> str:
    return tidy_name(name).casefold()
