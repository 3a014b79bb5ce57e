"""The lines of a plain text: times, headings, items of lists, and what each of them means."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING

from core.project.storyboard.markup import (
    CLOCK,
    Length,
    ListSign,
    Mark,
    Marks,
    Markup,
    SceneHeading,
    Section,
    StartTime,
    lines_of,
    one_line,
    read_clock,
)

if TYPE_CHECKING:
    from collections.abc import Iterator

_TO = r"[ \t]*+(?:-->|-|–|—)[ \t]*+"
# "12:30 pm" is a time of day and not one of the film.
_TIME_OF_DAY = r"(?![ \t]*+(?:[ap]\.?[ \t]?m\b|uhr\b|o['’]clock\b|hrs?\b|h\b))"
_TIMES = re.compile(
    rf"[ \t]*+(?:[\[(<][ \t]*+(?P<in1>{CLOCK})(?:{_TO}(?P<in2>{CLOCK}))?[ \t]*+[\])>](?:[ \t]*+:)?"
    rf"|(?P<bare1>{CLOCK})(?:{_TO}(?P<bare2>{CLOCK}))?{_TIME_OF_DAY}(?:[ \t]*+[-–—|:])?(?=\s|$))",
    re.IGNORECASE,
)
_SECONDS = r"\d{1,5}(?:[.,]\d{1,3})?"
_UNIT = r"[ \t]*+(?:s|secs?\.?|seconds?)"
_TIMING = (
    rf"(?P<begin>{CLOCK})(?:{_TO}(?P<until>{CLOCK}))?"
    rf"|(?P<from_s>{_SECONDS})(?:{_UNIT})?{_TO}(?P<to_s>{_SECONDS}){_UNIT}"
    rf"|[~≈]?[ \t]*+(?P<length>{_SECONDS}){_UNIT}"
)
_TIMING_NOTE = re.compile(rf"(?<![ \t])[ \t]*+[(\[][ \t]*+(?:{_TIMING})[ \t]*+[)\]]", re.IGNORECASE)
_WHOLE_TIMING = re.compile(rf"[ \t]*+(?:{_TIMING})\s*", re.IGNORECASE)
_SECTION = re.compile(r"[ \t]*+\[(?P<title>[^\[\]{}\r\n]{1,60})\][ \t]*+:?+\s*+$")
_SONG_PART = re.compile(
    r"[ \t]*+\(?(?P<title>(?:verse|chorus|pre-?chorus|bridge|intro|outro|hook|refrain|interlude"
    r"|instrumental|solo)(?:[ \t]+\d{1,2})?)\)?[ \t]*+:?+\s*+$",
    re.IGNORECASE,
)
_HEADING = re.compile(r"[ \t]{0,3}#{1,6}[ \t]+(?P<title>\S[^\r\n]*)")
_RULE = re.compile(r"[ \t]*+(?:-{3,}|\*{3,}|_{3,}|={3,}|\*(?:[ \t]\*){2,})\s*+$")
_PLACE = re.compile(
    r"[ \t]*+(?P<number>[A-Z]?\d{1,4}[A-Z]{0,2}[.)]?[ \t]+)?"
    r"(?P<kind>INT\.?[ \t]?/[ \t]?EXT|EXT\.?[ \t]?/[ \t]?INT|I\.?/E|INT|EXT|EST)"
    r"(?P<stop>\.[ \t]*+|[ \t]+)(?=[^\s.])",
    re.IGNORECASE,
)
_SCENE_NUMBER = re.compile(
    r"(?<![ \t])[ \t]*+#[^#\r\n]{1,20}#\s*+$|(?<![ \t])[ \t]{2,}+[A-Z]?\d{1,4}[A-Z]{0,2}\.?\s*+$"
)
_SCENE = r"(?:scene|shot|clip)[ \t]+\d{1,4}"
SCENE_NAME = re.compile(rf"{_SCENE}\b", re.IGNORECASE)
"""How the heading of a numbered scene begins."""
# Word's bullets come as signs of their own, as letters of a symbol font, or as "o" and a tab.
_LIST_SIGN = re.compile(
    r"[ \t]*+(?:(?:[-*•‣▪◦●○■·\uf0b7\uf0a7\uf0d8–]|\(?\d{1,3}[.)])[ \t]+(?=\S)"
    r"|(?:o|[a-z][.)]|§|\d{1,3}(?:\.\d{1,3}){1,3}\.?)\t[ \t]*+(?=\S))",
    re.IGNORECASE,
)
_SCENE_SIGN = re.compile(
    rf"[ \t]*+{_SCENE}(?P<note>{_TIMING_NOTE.pattern})?[ \t]*+(?:[:.)–—-]|(?=\s*+$))", re.IGNORECASE
)
# Most lines are words: one look at the beginning spares them the other patterns.
_MAY_BE_MARKED = re.compile(
    r"[ \t]*+(?:[\[(<#*•‣▪◦●○■·\uf0b7\uf0a7\uf0d8§–_=\d-]|[a-z]\d{1,4}|[a-z](?:[.)]|\t)"
    r"|scene|shot|clip|int|ext|est|i\.?/e|verse|chorus|pre|bridge|outro|hook|refrain|solo)",
    re.IGNORECASE,
)


@dataclass(frozen=True)
class TimingNote:
    """What a note such as `(4s)` or `(0:00 - 0:04)` says, and where it ends."""

    meaning: Length | StartTime
    start: int
    end: int


class LineReader:
    """Reads one line after the other; a range of seconds is told by the one before it."""

    def __init__(self, text: str) -> None:
        self.text = text
        self._until_s = 0.0

    def read(self, line: slice) -> list[Mark]:
        """What the beginning of a line, or a whole line, means; nothing where it is words."""
        if not _MAY_BE_MARKED.match(self.text, line.start, line.stop):
            return []
        return self._times(line) or self._heading(line) or self._sign(line)

    def timing(self, start: int, end: int) -> TimingNote | None:
        """What the note in brackets says that begins there."""
        return self._timing(_TIMING_NOTE.match(self.text, start, end))

    def whole_timing(self, start: int, end: int) -> TimingNote | None:
        """What a stretch says that is nothing but a length or times."""
        return self._timing(_WHOLE_TIMING.fullmatch(self.text, start, end))

    def find_timing(self, start: int, end: int) -> TimingNote | None:
        """What the first note in brackets within a heading says."""
        for match in _TIMING_NOTE.finditer(self.text, start, end):
            if timing := self._timing(match):
                return timing
        return None

    def list_sign(self, line: slice) -> int:
        """Where the sign of an item ends; the line's start where there is none."""
        sign = _LIST_SIGN.match(self.text, line.start, line.stop)
        return sign.end() if sign else line.start

    def section(self, start: int, end: int, title: str, *, is_scene: bool = False) -> list[Mark]:
        """The marks of a heading: its name, and the length or times that stand in it."""
        end = start + len(self.text[start:end].rstrip())
        timing = self.find_timing(start, end)
        if timing is None:
            return [Mark(start, end, Section(one_line(title), is_scene))]
        note = self.text[timing.start : timing.end]
        name = one_line(title.replace(note.strip(), "", 1)).replace(" :", ":").strip(" :-–—")
        return [
            Mark(start, end, Section(name, is_scene)),
            Mark(timing.start, timing.end, timing.meaning),
        ]

    def _timing(self, match: re.Match[str] | None) -> TimingNote | None:
        if match is None:
            return None
        meaning: Length | StartTime
        if match["length"]:
            meaning = Length(_seconds(match["length"]))
            if not meaning.seconds:
                return None
        elif match["from_s"]:
            begin, until = _seconds(match["from_s"]), _seconds(match["to_s"])
            # "(3-5 s)" is a wish for a length, "(5-10 s)" behind "(0-5 s)" a place in the film.
            if begin != self._until_s or until <= begin:
                return None
            meaning = StartTime(begin, until)
        else:
            meaning = _start_time(match["begin"], match["until"])
        if isinstance(meaning, StartTime) and meaning.end_s is not None:
            self._until_s = meaning.end_s
        return TimingNote(meaning, match.start(), match.end())

    def _times(self, line: slice) -> list[Mark]:
        times = _TIMES.match(self.text, line.start, line.stop)
        if times is None:
            return []
        meaning = _start_time(times["in1"] or times["bare1"], times["in2"] or times["bare2"])
        return [Mark(line.start, times.end(), meaning)]

    def _heading(self, line: slice) -> list[Mark]:
        text, start, end = self.text, line.start, line.stop
        if place := read_place(text, line):
            return place
        if _RULE.match(text, start, end):
            return [Mark(start, start + len(text[line].rstrip()), Section(""))]
        if heading := _HEADING.match(text, start, end):
            return self.section(start, end, heading["title"].strip().strip("#"))
        for pattern in (_SECTION, _SONG_PART):
            if section := pattern.match(text, start, end):
                return self.section(start, end, section["title"])
        return []

    def _sign(self, line: slice) -> list[Mark]:
        sign = _SCENE_SIGN.match(self.text, line.start, line.stop)
        if sign is None:
            end = self.list_sign(line)
            return [Mark(line.start, end, ListSign())] if end > line.start else []
        marks = [Mark(line.start, sign.end(), ListSign())]
        if sign["note"] and (timing := self.timing(sign.start("note"), sign.end())):
            marks.append(Mark(timing.start, timing.end, timing.meaning))
        return marks


def read_plain_text(text: str) -> Marks:
    """The marks of a text that is of no format but that of people who write."""
    reader = LineReader(text)
    marks = [mark for line in lines_of(text) for mark in reader.read(line)]
    return Marks(tuple(marks), ())


def read_place(text: str, line: slice) -> list[Mark]:
    """The heading of a script's scene: where it plays; its numbers are no part of it."""
    place = _PLACE.match(text, line.start, line.stop)
    if place is None or not ("." in place["kind"] + place["stop"] or place["kind"].isupper()):
        return []
    begin = place.start("kind")
    number = _SCENE_NUMBER.search(text, place.end(), line.stop)
    end = number.start() if number else line.stop
    # In a shooting script the same number stands at both edges of the page.
    at_left = (place["number"] or "").strip(" \t.)")
    before, _, at_right = text[begin:end].rstrip().rpartition(" ")
    if number is None and at_left and at_right.rstrip(".") == at_left:
        end = begin + len(before)
    return list(_heading_marks(text, line, begin, end))


def forced_place(text: str, line: slice, begin: int) -> list[Mark]:
    """A heading that a sign before `begin` makes one, whatever it says."""
    number = _SCENE_NUMBER.search(text, begin, line.stop)
    return list(_heading_marks(text, line, begin, number.start() if number else line.stop))


def _heading_marks(text: str, line: slice, begin: int, end: int) -> Iterator[Mark]:
    last = line.start + len(text[line].rstrip())
    heading = one_line(text[begin:end])
    yield Mark(line.start, last, SceneHeading(heading))
    if not text[line.start : begin].isspace() and begin > line.start:
        yield Mark(line.start, begin, Markup())
    if end < last:
        yield Mark(end, last, Markup())


def _start_time(begin: str, until: str | None) -> StartTime:
    start_s = read_clock(begin)
    assert start_s is not None, "chosen because it matches"
    return StartTime(start_s, read_clock(until) if until else None)


def _seconds(number: str) -> float:
    return float(number.replace(",", "."))
