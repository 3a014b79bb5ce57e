"""Fountain, and screenplays pasted from elsewhere: what of a script is seen, and what is not."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from core.film.model.film import Transition
from core.film.model.transitions import DISSOLVE, FADE_BLACK, FADE_WHITE, NONE
from core.project.storyboard.markdown import emphasis
from core.project.storyboard.markup import (
    CutInto,
    ListSign,
    Mark,
    Marks,
    Markup,
    Section,
    is_blank,
    lines_of,
    without,
)
from core.project.storyboard.plain_text import LineReader, forced_place, read_place

if TYPE_CHECKING:
    from collections.abc import Iterator

_COMMENT = re.compile(r"/\*|\[\[")
_COMMENT_ENDS = {"/*": "*/", "[[": "]]"}
_TITLE_KEY = re.compile(
    r"(?:(?P<sure>title|credits?|authors?|written by|draft date)|source|notes?|date|draft|contact"
    r"|copyright|revision|version|format|font|episode|series|director|producer|logline)[ \t]*+:",
    re.IGNORECASE,
)
_ANY_KEY = re.compile(r"[^\s:][^:\r\n]{0,40}:")
_TRANSITION = re.compile(
    r"[ \t]*+(?:[A-Z][A-Z '’/-]{0,40}\bTO:"
    r"|FADE (?:IN|OUT|UP)(?: ON)?[:.]?|FADE (?:TO|FROM|OUT TO) (?:BLACK|WHITE)[:.]?"
    r"|(?:[A-Z]+ )?CUT(?: TO BLACK)?[:.]|(?:CROSS[- ]?)?DISSOLVE[:.]|CROSS ?FADE[:.]"
    r"|INTERCUT WITH:|(?:CUT )?BACK TO(?: SCENE)?[:.]|END OF (?:FILM|ACT [A-Z]+|EPISODE)\.?"
    r"|THE END\.?)\s*+$"
)
_CENTRED = re.compile(r"[ \t]*+>.*<\s*+$")
_FORCED_TRANSITION = re.compile(r"[ \t]*+>")
_FORCED_PLACE = re.compile(r"[ \t]*+\.(?=[^\s.])")
_SECTION = re.compile(r"[ \t]*+#{1,6}[ \t]*+(?P<title>[^\s#][^\r\n]*)")
_SYNOPSIS = re.compile(r"[ \t]*+=(?!=)")
_PAGE_BREAK = re.compile(r"[ \t]*+={3,}\s*+$")
# Signs that say what a line is, and are no part of it.
_SIGN = re.compile(r"[ \t]*+(?:~|@|!(?=\S))")
_DUAL = re.compile(r"(?<![ \t])[ \t]*+\^\s*+$")
_PAGE = re.compile(
    r"[ \t]*+(?:(?:page[ \t]+)?[-–—]?[ \t]?\d{1,4}[ \t]?[-–—]?\.?"
    r"|\(?CONTINUED\)?:?(?:[ \t]*+\(\d{1,3}\))?:?|\(MORE\)"
    r"|\d{1,4}[ \t]+CONTINUED:?(?:[ \t]*+\(\d{1,3}\))?(?:[ \t]+\d{1,4})?)\s*+$",
    re.IGNORECASE,
)
_GOES_ON = re.compile(
    r"(?<![ \t])[ \t]*+\((?:CONT(?:['’]?D|INUED|INUING)?\.?|MORE)\)", re.IGNORECASE
)


def read_fountain(text: str) -> Marks:
    """The marks of a script; its headings stay in the words, its title page and notes do not."""
    hidden = list(_comments(text))
    bare = without(text, hidden)
    return Marks(tuple(sorted((*hidden, *_Script(bare).marks()), key=_place_of)), ())


def has_title_page(text: str) -> bool:
    """Whether a text begins as scripts do, with lines that name title and author."""
    return _title_page_end(text, any_key=False) > 0


def _comments(text: str) -> Iterator[Mark]:
    """Notes in brackets, and what is struck out, which may go on to the end of the text."""
    done = 0
    is_open = False
    while match := _COMMENT.search(text, done):
        is_note = match.group() == "[["
        # After a note that does not end nobody looks for the end of another.
        end = -1 if is_note and is_open else text.find(_COMMENT_ENDS[match.group()], match.end())
        if is_note and end < 0:
            is_open = True
            done = match.end()
            continue
        done = len(text) if end < 0 else end + 2
        # What begins with a note of three brackets ends with as many.
        while is_note and text.startswith("]", done):
            done += 1
        yield Mark(match.start(), done, Markup())


def _place_of(mark: Mark) -> tuple[int, int]:
    return mark.start, mark.end


def _title_page_end(text: str, *, any_key: bool) -> int:
    """Where the title page ends; 0 where there is none. Scripts may have keys of their own."""
    end = 0
    is_sure = False
    for line in lines_of(text):
        content = text[line].lstrip("\ufeff")
        if is_blank(content):
            if end:
                break
        elif content[0] not in " \t" or not end:
            key = _TITLE_KEY.match(content)
            if key is None and not (any_key and _ANY_KEY.match(content)):
                return 0
            is_sure = is_sure or (key is not None and key["sure"] is not None)
        if not is_blank(content):
            end = line.stop
    return end if is_sure else 0


class _Script:
    """A script without its notes, line by line."""

    def __init__(self, text: str) -> None:
        self._text = text
        self._lines = LineReader(text)
        self._has_begun = False
        # Transitions that wait for a scene to lead into.
        self._waiting: list[Mark] = []

    def marks(self) -> Iterator[Mark]:
        title_end = _title_page_end(self._text, any_key=True)
        for line in lines_of(self._text):
            if line.stop <= title_end:
                yield self._hidden(line)
            elif not is_blank(self._text[line]):
                yield from self._read(line)
        for mark in self._waiting:
            yield Mark(mark.start, mark.end, Markup())

    def _read(self, line: slice) -> Iterator[Mark]:
        text, start, end = self._text, line.start, line.stop
        if _PAGE.match(text, start, end) or _CENTRED.match(text, start, end):
            yield self._hidden(line)
        elif _TRANSITION.match(text, start, end) or _FORCED_TRANSITION.match(text, start, end):
            yield from self._transition(line)
        elif _PAGE_BREAK.match(text, start, end) or _SYNOPSIS.match(text, start, end):
            yield self._hidden(line)
        elif section := _SECTION.match(text, start, end):
            last = start + len(text[line].rstrip())
            yield Mark(start, last, Section(" ".join(section["title"].split())))
        else:
            # Between a transition and the words that it leads into only headings may stand.
            yield from self._waiting
            self._waiting = []
            self._has_begun = True
            yield from self._words(line)

    def _words(self, line: slice) -> Iterator[Mark]:
        text, start, end = self._text, line.start, line.stop
        yield from emphasis(text, line)
        forced = _FORCED_PLACE.match(text, start, end)
        place = forced_place(text, line, forced.end()) if forced else read_place(text, line)
        if place:
            yield from place
            return
        sign = _SIGN.match(text, start, end)
        if sign:
            yield Mark(sign.end() - 1, sign.end(), Markup())
        else:
            yield from self._lines.read(line)
        for pattern in (_DUAL, _GOES_ON):
            if (match := pattern.search(text, start, end)) and match.group().strip():
                yield Mark(match.start(), match.start() + len(match.group().rstrip()), Markup())

    def _transition(self, line: slice) -> Iterator[Mark]:
        if not self._has_begun:
            yield self._hidden(line)
            return
        last = line.start + len(self._text[line].rstrip())
        # Also where no empty line stands before it, it belongs to what comes.
        yield Mark(line.start, line.start, ListSign())
        self._waiting.append(Mark(line.start, last, CutInto(_transition(self._text[line]))))

    def _hidden(self, line: slice) -> Mark:
        return Mark(line.start, line.start + len(self._text[line].rstrip()), Markup())


def _transition(words: str) -> Transition:
    """What the words of a script's transition are called here."""
    said = words.upper()
    if "DISSOLVE" in said or "CROSSFADE" in said or "CROSS FADE" in said:
        return Transition(kind=DISSOLVE)
    if "WHITE" in said:
        return Transition(kind=FADE_WHITE)
    if "FADE" in said or "CUT TO BLACK" in said:
        return Transition(kind=FADE_BLACK)
    return Transition(kind=NONE, duration_s=0)
