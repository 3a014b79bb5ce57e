"""A storyboard's text in pieces: paragraphs, verses, items, each with the places to divide it."""

from __future__ import annotations

import re
from bisect import bisect_left, bisect_right
from dataclasses import dataclass, replace
from itertools import pairwise
from typing import TYPE_CHECKING

from core.project.storyboard.markup import (
    WORD,
    Length,
    ListSign,
    Mark,
    SceneHeading,
    Section,
    StartTime,
    WholeScene,
    is_blank,
    lines_of,
    without,
)

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

MOST_WORDS = 120
"""A longer paragraph becomes several scenes: models read prompts of about this length."""

_WIDTH_OF_PROSE = 45
_SPACED_WORD = re.compile(r"\S+")
# After full-width marks no space follows.
_SENTENCE_END = re.compile(
    r"[.!?…\u061f\u06d4\u0964]+[\"'”’»)\]]*(?=\s)|[\u3002\uff01\uff1f]+[」』”’\uff09]*"
)
_ABBREVIATION = re.compile(
    r"(?:\b(?:mr|mrs|ms|dr|st|prof|vs|etc|no|int|ext|e\.g|i\.e)|\b[^\W\d_])\.$", re.IGNORECASE
)


@dataclass(frozen=True, slots=True)
class Atom:
    """What is never divided: a line of a verse or a sentence."""

    start: int
    end: int
    words: int


@dataclass(frozen=True, slots=True)
class Passage:
    """What is never joined with another: a paragraph, a verse, an item of a list.

    Attributes:
        is_verse: each atom is a line, and a scene of its own where nothing else is wanted.
        length_s: how long it lasts, where a tag says so; it is then not divided.
        at: when it begins, where a time says so.
        is_whole: it is one scene unless no clip is so long.
    """

    atoms: tuple[Atom, ...]
    is_verse: bool
    length_s: float | None = None
    at: StartTime | None = None
    is_whole: bool = False

    @property
    def start(self) -> int:
        """Where in the text it begins."""
        return self.atoms[0].start

    @property
    def end(self) -> int:
        """Where in the text it ends."""
        return self.atoms[-1].end

    @property
    def words(self) -> int:
        """How many words it has."""
        return sum(atom.words for atom in self.atoms)


@dataclass(frozen=True, slots=True)
class _Block:
    """Lines without an empty line between them.

    Attributes:
        start: with the headings and tags before it.
        leads: a tag in it belongs to the words after it, not to those before it.
        is_whole: nothing in it begins another scene.
    """

    start: int
    lines: tuple[slice, ...]
    is_verse: bool
    leads: bool
    is_whole: bool


def find_passages(text: str, marks: Sequence[Mark]) -> tuple[Passage, ...]:
    """The pieces of a text; from the first one's start to the end they cover everything.

    Words that come several times are as many pieces, each in the order of its time.
    """
    passages = _BlockReader(text, marks).passages()
    if any(passage.at is not None and passage.at.again for passage in passages):
        return _repeated(passages)
    return passages


def _repeated(passages: Sequence[Passage]) -> tuple[Passage, ...]:
    """Each piece at each of its times; those without one stay behind the one before them."""
    groups: list[tuple[float, list[Passage]]] = [(0.0, [])]
    for passage in passages:
        if passage.at is None:
            groups[-1][1].append(passage)
            continue
        for at in (passage.at, *passage.at.again):
            groups.append((at.seconds, [replace(passage, at=replace(at, again=()))]))
    groups[1:] = sorted(groups[1:], key=lambda group: group[0])
    return tuple(passage for _, group in groups for passage in group)


class _BlockReader:
    def __init__(self, text: str, marks: Sequence[Mark]) -> None:
        self._text = text
        self._marks = list(marks)
        self._starts = [mark.start for mark in marks]
        self._bare = without(text, marks)
        self._words = [match.start() for match in WORD.finditer(self._bare)]

    def passages(self) -> tuple[Passage, ...]:
        blocks = list(self._blocks())
        ends = [*(block.start for block in blocks), len(self._text)][1:]
        return tuple(
            passage
            for block, end in zip(blocks, ends, strict=True)
            for passage in self._passages_of(block, end)
        )

    def _blocks(self) -> Iterator[_Block]:
        pending: int | None = None  # where headings and tags begin that wait for words
        lines: list[slice] = []
        in_script = False
        is_whole = False
        waits = False  # the heading of a script waits for more words than its own
        leads = False  # tags stand right above the words that come

        def close() -> Iterator[_Block]:
            nonlocal pending, lines, waits, leads
            if lines:
                start = lines[0].start if pending is None else pending
                yield self._block(start, tuple(lines), in_script or is_whole, leads, is_whole)
                pending, lines, waits = None, [], False
            leads = False

        for line in lines_of(self._text):
            opening = self._opening(line)
            if is_blank(self._text[line]):
                if not waits and not is_whole:
                    yield from close()
                leads = False
            elif isinstance(opening, Section | SceneHeading | WholeScene):
                yield from close()
                pending = line.start if pending is None else pending
                waits = isinstance(opening, SceneHeading)
                in_script = waits or (in_script and isinstance(opening, WholeScene))
                is_whole = isinstance(opening, WholeScene) or (
                    isinstance(opening, Section) and opening.is_scene
                )
                lines = [line] if in_script or self._has_words(line) else []
            elif self._has_words(line):
                if opening is not None and lines and not waits and not is_whole:
                    yield from close()
                lines.append(line)
                waits = False
            elif isinstance(opening, ListSign) and not waits and not is_whole:
                yield from close()
                pending = line.start if pending is None else pending
                leads = True
            elif lines:
                lines.append(line)
            else:
                pending = line.start if pending is None else pending
                leads = True
        yield from close()

    def _opening(
        self, line: slice
    ) -> Section | SceneHeading | WholeScene | StartTime | ListSign | None:
        """What begins something new at the beginning of a line."""
        marks = self._marks_in(line.start, line.stop)
        first_word = self._next_word(line.start) if marks else 0
        for mark in marks:
            meaning = mark.meaning
            if isinstance(meaning, Section | SceneHeading | WholeScene):
                return meaning
            if isinstance(meaning, StartTime | ListSign) and mark.start <= first_word:
                return meaning
        return None

    def _block(
        self, start: int, lines: tuple[slice, ...], is_prose: bool, leads: bool, is_whole: bool
    ) -> _Block:
        is_verse = not is_prose and self._is_verse(lines)
        begin = lines[0].start
        marks = self._marks_in(begin, lines[0].stop)
        if not marks:
            return _Block(start, lines, is_verse, leads, is_whole)
        # Behind the sign of an item a tag leads only where it comes before the words.
        if isinstance(marks[0].meaning, ListSign | StartTime):
            begin = marks[0].end
        first = _SPACED_WORD.search(self._text, begin)
        tag_first = first is not None and self._bare[first.start()].isspace()
        return _Block(start, lines, is_verse, leads or tag_first, is_whole)

    def _is_verse(self, lines: Sequence[slice]) -> bool:
        """Whether the lines stand for themselves, and are not a paragraph wrapped at a width."""
        if len(lines) < 2:
            return False
        texts = [text for line in lines if (text := self._bare[line].strip())]
        if len(texts) < 2:
            return False
        width = max(map(len, texts))
        is_wrapped = all(
            len(line) + 1 + len(following.split(maxsplit=1)[0]) > width
            for line, following in pairwise(texts)
        )
        goes_on = sum(
            line[-1] not in ".!?…:;" and following[0].islower()
            for line, following in pairwise(texts)
        )
        return not (width >= _WIDTH_OF_PROSE and is_wrapped and goes_on * 2 >= len(texts) - 1)

    def _passages_of(self, block: _Block, end: int) -> Iterator[Passage]:
        starts = self._line_starts(block) if block.is_verse else self._sentence_starts(block, end)
        # The first atom takes the headings and tags before the block.
        starts[0] = block.start
        ends = [*starts[1:], end]
        atoms = [Atom(a, b, self._count(a, b)) for a, b in zip(starts, ends, strict=True)]
        if not self._marks_in(block.start, end):
            yield Passage(tuple(atoms), block.is_verse)
            return
        lengths = [self._length(a, b) for a, b in zip(starts, ends, strict=True)]
        times = [self._time(a, b) for a, b in zip(starts, ends, strict=True)]
        if block.is_whole:
            length_s = next((length for length in lengths if length is not None), None)
            at = next((time for time in times if time is not None), None)
            yield Passage(tuple(atoms), block.is_verse, length_s, at, is_whole=True)
            return
        tagged = sum(length is not None for length in lengths)
        group: list[int] = []

        def passage() -> Passage:
            length = next((lengths[i] for i in group if lengths[i] is not None), None)
            at = next((times[i] for i in group if times[i] is not None), None)
            made = Passage(tuple(atoms[i] for i in group), block.is_verse, length, at)
            group.clear()
            return made

        for index in range(len(atoms)):
            has_length = lengths[index] is not None
            # One length holds for a whole paragraph; in a verse, and where there are several, each
            # holds for its own line or sentences.
            is_own = has_length and (block.is_verse or tagged > 1)
            begins = times[index] is not None or (is_own and (block.leads or block.is_verse))
            if group and begins:
                yield passage()
            group.append(index)
            if is_own and (block.is_verse or not block.leads):
                yield passage()
        if group:
            yield passage()

    def _line_starts(self, block: _Block) -> list[int]:
        starts: list[int] = []
        waiting: int | None = None
        for line in block.lines:
            if self._has_words(line):
                starts.append(line.start if waiting is None else waiting)
                waiting = None
            elif block.leads or not starts:
                waiting = line.start if waiting is None else waiting
        return starts

    def _sentence_starts(self, block: _Block, end: int) -> list[int]:
        first = block.lines[0].start
        cuts = [first]
        stop = block.lines[-1].stop
        for match in _SENTENCE_END.finditer(self._bare, first, stop):
            if self._ends_sentence(match.start(), match.end()):
                following = _SPACED_WORD.search(
                    self._text if block.leads else self._bare, match.end(), stop
                )
                if following is not None and self._next_word(following.start()) < stop:
                    cuts.append(following.start())
        return self._with_forced_cuts(cuts, end)

    def _ends_sentence(self, start: int, end: int) -> bool:
        before = self._bare[max(0, start - 8) : start + 1]
        if self._bare[start] == "." and _ABBREVIATION.search(before):
            return False
        following = self._next_word(end)
        return following < len(self._bare) and not self._bare[following].islower()

    def _with_forced_cuts(self, cuts: Sequence[int], end: int) -> list[int]:
        """Also cut what goes on for ever without an end of a sentence."""
        starts: list[int] = []
        for start, stop in zip(cuts, [*cuts[1:], end], strict=True):
            starts.append(start)
            if self._count(start, stop) <= MOST_WORDS:
                continue
            counted = 0
            for match in _SPACED_WORD.finditer(self._bare, start, stop):
                counted += self._count(match.start(), match.end())
                if counted > MOST_WORDS and match.start() > start:
                    starts.append(match.start())
                    counted = self._count(match.start(), match.end())
        return starts

    def _marks_in(self, start: int, end: int) -> list[Mark]:
        return self._marks[bisect_left(self._starts, start) : bisect_left(self._starts, end)]

    def _length(self, start: int, end: int) -> float | None:
        meanings = (mark.meaning for mark in self._marks_in(start, end))
        return next((m.seconds for m in meanings if isinstance(m, Length)), None)

    def _time(self, start: int, end: int) -> StartTime | None:
        meanings = (mark.meaning for mark in self._marks_in(start, end))
        return next((m for m in meanings if isinstance(m, StartTime)), None)

    def _has_words(self, line: slice) -> bool:
        return self._count(line.start, line.stop) > 0

    def _count(self, start: int, end: int) -> int:
        return bisect_left(self._words, end) - bisect_left(self._words, start)

    def _next_word(self, position: int) -> int:
        index = bisect_left(self._words, position)
        return self._words[index] if index < len(self._words) else len(self._bare)


def divide(passage: Passage, parts: int) -> tuple[Passage, ...]:
    """The piece in so many parts of about as many words each; at most one for each atom."""
    count = max(1, min(parts, len(passage.atoms)))
    if count == 1:
        return (passage,)
    sums = [0]
    for atom in passage.atoms:
        sums.append(sums[-1] + atom.words)
    bounds = [0]
    for part in range(1, count):
        goal = sums[-1] * part / count
        found = bisect_right(sums, goal)
        nearest = found - 1 if goal - sums[found - 1] <= sums[found] - goal else found
        bounds.append(min(max(nearest, bounds[-1] + 1), len(passage.atoms) - (count - part)))
    bounds.append(len(passage.atoms))
    return tuple(
        replace(passage, atoms=passage.atoms[a:b], at=passage.at if a == 0 else None)
        for a, b in pairwise(bounds)
    )
