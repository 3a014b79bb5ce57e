"""LRC, the format of timed lyrics: a line has its time, or several where it comes again."""

from __future__ import annotations

import re
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from core.project.storyboard.markup import (
    Mark,
    Marks,
    Markup,
    StartTime,
    is_blank,
    lines_of,
)
from core.project.storyboard.plain_text import LineReader

if TYPE_CHECKING:
    from collections.abc import Sequence

_MOST_TIMES = 100
"""A line comes again at most so often."""
_STAMP = r"\[[ \t]*+(\d{1,3}):(\d{1,2})(?:[.:,](\d{1,3}))?[ \t]*+\]"
_ONE_STAMP = re.compile(_STAMP)
_STAMPS = re.compile(rf"[ \t\ufeff]*{_STAMP}(?:[ \t]*+{_STAMP}){{0,{_MOST_TIMES - 1}}}[ \t]*+")
_WORD_STAMP = re.compile(r"[<\[][ \t]*+(\d{1,3}):(\d{1,2})(?:[.:,](\d{1,3}))?[ \t]*+[>\]]")
ID_TAG = re.compile(
    r"[ \t\ufeff]*+\[(?P<name>ar|al|ti|au|by|re|ve|la|lr|id|offset|length|tool|encoding|version"
    r"|key|genre|album|artist|title|author|lang|language|year|date|#)[ \t]*+:"
    r"(?P<value>[^\]\r\n]*)\]\s*+$",
    re.IGNORECASE,
)
"""A line that says something about the song."""
_OFFSET_MS = re.compile(r"[ \t]*+([+-]?\d{1,7})[ \t]*+")
_MS_PER_S = 1000


@dataclass(frozen=True)
class _TimedLine:
    """Words with the moments at which they come, in milliseconds."""

    start: int
    end: int
    times_ms: tuple[int, ...]


def read_lyrics(text: str) -> Marks:
    """The marks of an LRC file; what is no line of a song is no words."""
    return _Lyrics(text).read()


class _Lyrics:
    def __init__(self, text: str) -> None:
        self._text = text
        self._lines = LineReader(text)
        self._marks: list[Mark] = []
        self._timed: list[_TimedLine] = []
        self._ends_ms: list[int] = []
        self._offset_ms = 0
        self._notes: list[str] = []

    def read(self) -> Marks:
        for line in lines_of(self._text):
            self._read(line)
        self._add_times()
        self._marks.sort(key=lambda mark: (mark.start, mark.end))
        return Marks(tuple(self._marks), tuple(self._notes))

    def _read(self, line: slice) -> None:
        text = self._text
        if tag := ID_TAG.match(text, line.start, line.stop):
            self._hide(line.start, line.stop)
            if tag["name"].lower() == "offset":
                self._read_offset(tag)
            return
        stamps = _STAMPS.match(text, line.start, line.stop)
        if stamps is None:
            self._marks += self._lines.read(line)
            return
        if _ONE_STAMP.match(text, stamps.end(), line.stop):
            self._notes.append(
                f"A line of the lyrics has more than {_MOST_TIMES} times; the others do not count."
            )
        times = [_milliseconds(*m.groups()) for m in _ONE_STAMP.finditer(stamps.group())]
        if is_blank(_WORD_STAMP.sub("", text[stamps.end() : line.stop])):
            # A time without words says that the line before it has ended.
            self._ends_ms += times
            self._hide(line.start, line.stop)
            return
        self._timed.append(_TimedLine(line.start, stamps.end(), tuple(times)))
        words_end = line.stop
        while is_blank(text[words_end - 1]):
            words_end -= 1
        for word in _WORD_STAMP.finditer(text, stamps.end(), line.stop):
            self._hide(word.start(), word.end())
            if word.end() == words_end:
                self._ends_ms.append(_milliseconds(*word.groups()))

    def _read_offset(self, tag: re.Match[str]) -> None:
        match = _OFFSET_MS.fullmatch(tag["value"])
        if match:
            self._offset_ms = int(match[1])
        else:
            self._notes.append(
                f"{tag.group().strip()!r} does not count: an offset is a number of milliseconds."
            )

    def _add_times(self) -> None:
        begins = [time for line in self._timed for time in line.times_ms]
        if not begins:
            return
        # A positive offset lets the words come sooner, but none before the film begins.
        shift = min(self._offset_ms, min(begins))
        if shift != self._offset_ms:
            self._notes.append(
                f"The lyrics' offset of {self._offset_ms} ms would begin a line before the film, "
                f"so it counts for {shift} ms."
            )
        order = sorted({*begins, *self._ends_ms})
        ends = dict(zip(order, [*order[1:], None], strict=True))
        for line in self._timed:
            first, *others = (
                StartTime(
                    (time - shift) / _MS_PER_S,
                    None if (end := ends[time]) is None else (end - shift) / _MS_PER_S,
                )
                for time in sorted(line.times_ms)
            )
            self._marks.append(Mark(line.start, line.end, replace(first, again=tuple(others))))

    def _hide(self, start: int, end: int) -> None:
        self._marks.append(Mark(start, start + len(self._text[start:end].rstrip()), Markup()))


def looks_like_lyrics(lines: Sequence[str]) -> bool:
    """Whether lines are those of an LRC file: times before words, or tags that name the song."""
    full = [line for line in lines if not is_blank(line)]
    tags = sum(ID_TAG.match(line) is not None for line in full)
    timed = [match for line in full if (match := _STAMPS.match(line))]
    sung = sum(not is_blank(match.string[match.end() :]) for match in timed)
    if tags and timed:
        return len(timed) * 2 >= len(full) - tags
    # "[0:01:02]" has hours wherever no tag says that this is a song.
    has_hours = any(re.match(r"\s*\[\d+:\d+:", match.group()) for match in timed)
    return sung > 0 and sung * 3 >= len(full) * 2 and not has_hours


def _milliseconds(minutes: str, seconds: str, fraction: str | None) -> int:
    return (int(minutes) * 60 + int(seconds)) * _MS_PER_S + int((fraction or "0").ljust(3, "0"))
