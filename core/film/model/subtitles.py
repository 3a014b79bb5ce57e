"""Subtitles: read from SRT, VTT and ASS files, made into texts to draw, written again as SRT."""

from __future__ import annotations

import math
import re
from dataclasses import dataclass, replace
from fractions import Fraction
from html import unescape
from itertools import pairwise
from typing import TYPE_CHECKING

from core.errors import Problem, UnreadableText, UnsupportedRequest, first_of
from core.film.model.film import Alignment, Caption, too_much_to_draw
from core.film.model.timeline import nearest
from core.platform.text_files import read_text_file

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

_TIME = r"(?:(\d{1,4}):)?(\d{1,2}):(\d{1,2})[,.](\d{1,3})"
# What follows the times are positions on a screen of some player; nobody else heeds them.
_TIMING = re.compile(rf"\s*{_TIME}\s*-->\s*{_TIME}(?:\s.*)?")
_LIKE_TIMING = re.compile(r"\s*\d[\d., ]*:[\d:., ]*-+>")
_NUMBER = re.compile(r"\d{1,9}")
_TAGS = re.compile(r"</?(?:[ibus]|font(?:\s[^<>]*)?)>|\{\\[^{}]*\}", re.IGNORECASE)
_VTT_TAGS = re.compile(r"<[^<>]*>")
CUE_TAGS = {False: _TAGS, True: re.compile(rf"{_VTT_TAGS.pattern}|{_TAGS.pattern}", re.IGNORECASE)}
"""The tags within the words of SRT, and with True those of VTT."""
_ASS_HEADING = re.compile(r"\s*\[(?:Script Info|V4\+? Styles|Events)\]", re.IGNORECASE)
_MS_PER_HOUR, _MS_PER_MINUTE, _MS_PER_S = 3_600_000, 60_000, 1000
_SIZE = 0.055
MAX_CUES = 20_000
"""A film of ten hours has about as many."""
_MOST_OPEN_BRACES = 100
_DIALOGUE = re.compile(r"^Dialogue:", re.MULTILINE | re.IGNORECASE)
_SHOWN, _MORE = 5, "The same kind of thing is found {:,} times more."
_OUTLINE = 0.1


@dataclass(frozen=True)
class Cue:
    """Words that are said from one moment to another; lines end in a line feed."""

    start_ms: int
    end_ms: int
    text: str


@dataclass(frozen=True)
class Script:
    """Cues in the order of their times, and what there is to say about how they were read."""

    cues: tuple[Cue, ...]
    notes: tuple[str, ...] = ()


@dataclass(frozen=True)
class CueLines:
    """Where in its file a cue stands, in lines counted from 0; `cue` is None where it is left out.

    Attributes:
        head: its number, or its times where it has none.
        timing: its times.
        words_end: the line after its words.
    """

    head: int
    timing: int
    words_end: int
    cue: Cue | None


@dataclass(frozen=True)
class FoundCues:
    """The cues of SRT or, where `is_web`, of VTT in the order of their lines, and notes."""

    cues: tuple[CueLines, ...]
    notes: tuple[str, ...]
    is_web: bool


def read_subtitles(path: Path, encoding: str | None = None) -> Script:
    """Read an SRT, VTT, ASS or SSA file, whatever it is called; notes tell what is left out.

    Args:
        path: the file.
        encoding: one of `core.platform.text_files.ENCODINGS`; None to tell it by its letters.

    Raises:
        UnreadableText: it is missing, empty, damaged or too large; the sentence names the line.
    """
    file = read_text_file(path, "subtitle file", encoding=encoding)
    notes = [file.note] if file.note else []
    name = repr(str(path))
    if _ASS_HEADING.match(file.text):
        cues = _ass_cues(name, file.text, notes)
    else:
        found = find_cues(f"the subtitle file {name}", file.text.split("\n"))
        notes += found.notes
        cues = [part.cue for part in found.cues if part.cue is not None]
    for cue in cues:
        if why := too_much_to_draw(cue.text):
            raise UnreadableText(
                f"The subtitle at {_written(cue.start_ms)} in {name} {why}.",
                hint="Choose another file, or divide that subtitle.",
            )
    return Script(
        tuple(sorted(cues, key=lambda cue: cue.start_ms)), tuple(first_of(notes, _SHOWN, _MORE))
    )


def is_web_subtitles(first_line: str) -> bool:
    """Whether a file that begins so is VTT."""
    return re.match(r"WEBVTT(?!\S)", first_line) is not None


def is_timing(line: str) -> bool:
    """Whether a line gives the times of a cue."""
    return _TIMING.fullmatch(line) is not None


def find_cues(name: str, lines: list[str]) -> FoundCues:
    """The cues in the lines of SRT or VTT; `name` is what sentences call the lines.

    Raises:
        UnreadableText: they are damaged or hold none; the sentence names the line.
    """
    is_web = is_web_subtitles(lines[0])
    return _LineReader(name, _vtt_as_srt(lines) if is_web else lines).found(is_web=is_web)


def as_srt(cues: Sequence[Cue]) -> str:
    """The cues as the content of an SRT file; an empty line within one would end it."""
    # pysubs2 takes "\\N", "{" and what is over 100 hours for something else than it is.
    return "\n".join(
        f"{number}\n{_written(cue.start_ms)} --> {_written(cue.end_ms)}\n{_joined(cue.text)}\n"
        for number, cue in enumerate(cues, start=1)
    )


def cut_to(script: Script, num_frames: int, rate: Fraction) -> Script:
    """The cues that a film of so many frames has room for; a note says what it has not."""
    kept = [cue for cue in script.cues if _frame(cue.start_ms, rate) < num_frames]
    late = len(script.cues) - len(kept)
    notes = script.notes
    if late:
        notes += (
            f"{late} of {len(script.cues)} subtitles begin after the film's end at "
            f"{float(num_frames / rate):.2f} s and are left out.",
        )
    last_ms = math.floor(num_frames / rate * _MS_PER_S)
    return Script(
        tuple(replace(cue, end_ms=max(cue.start_ms + 1, min(cue.end_ms, last_ms))) for cue in kept),
        notes,
    )


def to_captions(
    cues: Sequence[Cue], rate: Fraction, width: int, height: int
) -> tuple[Caption, ...]:
    """The cues as texts to draw, one at a time at the bottom centre, in a size to be read.

    Cues that overlap share a text for as long as they do. Times lie on frames of that rate, and
    each cue is seen for a frame at least.

    Raises:
        UnsupportedRequest: more is to be seen at once than can be drawn.
    """
    spans = [(_frame(cue.start_ms, rate), _frame(cue.end_ms, rate), cue.text) for cue in cues]
    spans = [(first, max(end, first + 1), text) for first, end, text in spans]
    changes = sorted({frame for first, end, _ in spans for frame in (first, end)})
    # In an upright picture it is the width that letters must fit.
    size = _SIZE * min(1, width / height)
    captions: list[Caption] = []
    spans.sort(key=lambda span: span[0])
    begun = 0
    active: list[tuple[int, int, str]] = []
    for first, end in pairwise(changes):
        while begun < len(spans) and spans[begun][0] <= first:
            active.append(spans[begun])
            begun += 1
        active = [span for span in active if span[1] > first]
        if not active:
            continue
        text = "\n".join(text for _, _, text in active)
        if why := too_much_to_draw(text):
            at_s = float(first / rate)
            raise UnsupportedRequest(
                [
                    Problem(
                        "subtitles",
                        f"What the subtitles show at {at_s:.2f} s, {len(active):,} at once, {why}. "
                        "Correct their times, or use them as a track.",
                    )
                ]
            )
        captions.append(
            Caption(
                text=text,
                start_s=float(first / rate),
                end_s=float(end / rate),
                size=size,
                outline=_OUTLINE,
                place=Alignment.BOTTOM,
            )
        )
    return tuple(captions)


def _frame(time_ms: int, rate: Fraction) -> int:
    return nearest(Fraction(time_ms, _MS_PER_S) * rate)


def _too_many(name: str, count: int) -> UnreadableText:
    return UnreadableText(
        f"{_capital(name)} holds {count:,} subtitles, and at most {MAX_CUES:,} are read.",
        hint="Choose another file, or the part of it that belongs to the film.",
    )


def _ass_cues(name: str, text: str, notes: list[str]) -> list[Cue]:
    count = len(_DIALOGUE.findall(text))
    if count > MAX_CUES:
        raise _too_many(f"the subtitle file {name}", count)
    for number, line in enumerate(text.split("\n"), start=1):
        # pysubs2 looks for the end of each of them again, up to the end of the line.
        if line.count("{", line.rfind("}") + 1) > _MOST_OPEN_BRACES:
            raise UnreadableText(
                f"Line {number} of the subtitle file {name} opens more than {_MOST_OPEN_BRACES} "
                "tags with '{' and closes none of them.",
                hint="Correct the line, or save the file again, as SRT if need be.",
            )
    # Nobody but who reads such a file needs it.
    from pysubs2 import SSAFile

    try:
        kind = "ssa" if "[V4 Styles]" in text else "ass"
        events = SSAFile.from_string(text, kind).get_text_events()
    except (ValueError, TypeError) as error:
        raise UnreadableText(
            f"The subtitle file {name} is damaged: {error}.",
            hint="Save it again, as SRT if need be.",
        ) from error
    found = [
        Cue(max(0, int(event.start)), int(event.end), words)
        for event in events
        if (words := _joined(event.plaintext)) and event.end > max(0, event.start)
    ]
    if not found:
        raise UnreadableText(
            f"The file {name} holds no subtitles: no dialogue has both words and time.",
            hint="Choose another file.",
        )
    notes.append(
        f"The styles, places and effects of {name} are left out; the words are shown as all "
        "subtitles are."
    )
    if len(found) < len(events):
        notes.append(
            f"{len(events) - len(found)} of {len(events)} subtitles in {name} have no words or "
            "last no time; they are left out."
        )
    return found


def _vtt_as_srt(lines: list[str]) -> list[str]:
    """The lines of a VTT file, each in its place, with all that is no cue blanked out."""
    # pysubs2 would read names and comments between two cues as words of the first.
    kept = [""] * len(lines)
    is_cue = False
    for at, line in enumerate(lines):
        if not line.strip():
            is_cue = False
        elif not is_cue and "-->" in line:
            is_cue = True
            kept[at] = line
        elif is_cue:
            kept[at] = unescape(_VTT_TAGS.sub("", line))
    return kept


class _LineReader:
    """The lines of one file; a cue is what follows a line of times."""

    def __init__(self, name: str, lines: list[str]) -> None:
        self.name = name
        self.lines = lines
        self.notes: list[str] = []
        self.has_tags = False

    def found(self, *, is_web: bool) -> FoundCues:
        timings = [at for at, line in enumerate(self.lines) if self._is_timing(at, line)]
        if not timings:
            raise UnreadableText(
                f"{_capital(self.name)} holds no subtitles: no line gives times such as "
                "'00:00:01,000 --> 00:00:02,500'.",
                hint="Choose an SRT, VTT or ASS file.",
            )
        if len(timings) > MAX_CUES:
            raise _too_many(self.name, len(timings))
        heads = self._heads(timings)
        for at in range(heads[0]):
            if self.lines[at].strip():
                raise self._damaged(at, "stands before the first times")
        ends = [*heads[1:], self._end(heads[-1], timings[-1])]
        cues = tuple(
            CueLines(head, at, self._words_end(at, end), self._cue(at, end))
            for head, at, end in zip(heads, timings, ends, strict=True)
        )
        if self.has_tags:
            self.notes.append(
                f"{_capital(self.name)} has tags for italics, colours or places; "
                "the words are shown without them."
            )
        return FoundCues(cues, tuple(first_of(self.notes, _SHOWN, _MORE)), is_web)

    def _is_timing(self, at: int, line: str) -> bool:
        if _TIMING.fullmatch(line):
            return True
        if _LIKE_TIMING.match(line):
            raise self._damaged(at, "gives times that cannot be read")
        return False

    def _heads(self, timings: list[int]) -> list[int]:
        """Where each cue begins: at its number, or at its times when it has none."""
        heads: list[int] = []
        number = 0
        floor = 0
        for at in timings:
            before = self.lines[at - 1].strip() if at > floor else ""
            is_apart = at - 1 <= floor or not self.lines[at - 2].strip()
            # A line of digits right under a cue's words is their end, unless it counts on.
            is_number = _NUMBER.fullmatch(before) and (is_apart or int(before) == number + 1)
            number = int(before) if is_number else number + 1
            heads.append(at - 1 if is_number else at)
            floor = at + 1
        return heads

    def _end(self, head: int, timing: int) -> int:
        """Where the words of the last cue end: before a number that counts on, without times."""
        last = max(at for at, line in enumerate(self.lines) if line.strip())
        number, final = self.lines[head].strip(), self.lines[last].strip()
        if (
            last - 1 > timing > head
            and not self.lines[last - 1].strip()
            and _NUMBER.fullmatch(final)
            and int(final) == int(number) + 1
        ):
            self.notes.append(
                f"The subtitle in line {last + 1} of {self.name} has no times; it is left out."
            )
            return last
        return len(self.lines)

    def _words_end(self, at: int, end: int) -> int:
        """The line after the last words of a cue, without the empty lines that follow."""
        while end > at + 1 and not self.lines[end - 1].strip():
            end -= 1
        return end

    def _cue(self, at: int, end: int) -> Cue | None:
        match = _TIMING.fullmatch(self.lines[at])
        assert match is not None, "chosen because it matches"
        start_ms = self._time(at, match.groups()[:4])
        end_ms = self._time(at, match.groups()[4:])
        if end_ms < start_ms:
            raise self._damaged(at, "ends before it begins")
        text = _joined("\n".join(self.lines[at + 1 : end]))
        bare = _joined(_TAGS.sub("", text))
        self.has_tags = self.has_tags or bare != text
        if not bare or start_ms == end_ms:
            why = "has no words" if not bare else "lasts no time"
            self.notes.append(
                f"The subtitle in line {at + 1} of {self.name} {why}; it is left out."
            )
            return None
        return Cue(start_ms, end_ms, bare)

    def _time(self, at: int, parts: Sequence[str | None]) -> int:
        hours, minutes, seconds, thousandths = (part or "0" for part in parts)
        if int(minutes) > 59 or int(seconds) > 59:
            raise self._damaged(at, "counts more than 59 minutes or seconds")
        return (
            int(hours) * _MS_PER_HOUR
            + int(minutes) * _MS_PER_MINUTE
            + int(seconds) * _MS_PER_S
            + int(thousandths.ljust(3, "0"))
        )

    def _damaged(self, at: int, what: str) -> UnreadableText:
        return UnreadableText(
            f"Line {at + 1} of {self.name} {what}: {self.lines[at].strip()!r}.",
            hint="Correct the line; times look like '00:00:01,000 --> 00:00:02,500'.",
        )


def _capital(words: str) -> str:
    return words[0].upper() + words[1:]


def _joined(text: str) -> str:
    lines = (line.strip() for line in text.split("\n"))
    return "\n".join(line for line in lines if line)


def _written(time_ms: int) -> str:
    hours, rest = divmod(time_ms, _MS_PER_HOUR)
    minutes, rest = divmod(rest, _MS_PER_MINUTE)
    seconds, thousandths = divmod(rest, _MS_PER_S)
    return f"{hours:02}:{minutes:02}:{seconds:02},{thousandths:03}"
