"""From a storyboard's text to scenes: each word in its place, each scene with a length.

What begins a scene: a paragraph, a line of a verse, an item of a list, a heading, a time. Where the
film has a target length, paragraphs are divided at sentences, and lines of a verse are joined, so
that scenes come near the usual length of a clip. The text is never changed: the scenes' texts,
one after the other, are the storyboard, tags and headings and all; their prompts are the words.
"""

from __future__ import annotations

from bisect import bisect_left
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from core.errors import first_of
from core.project.model.project import TextFormat
from core.project.storyboard.blocks import find_passages
from core.project.storyboard.formats import read_marks, recognise
from core.project.storyboard.markup import (
    Camera,
    CutInto,
    Length,
    Mark,
    Marks,
    Meaning,
    Mood,
    SceneHeading,
    Section,
    Seed,
    StartTime,
    Style,
    Title,
    words_of,
)
from core.project.storyboard.times import ClipLengths, Schedule, TimedPart, schedule

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

    from core.film.model.film import Transition

_SHOWN, _MORE = 4, "The same kind of thing is found {:,} times more."
_SENTENCE_ENDS = tuple(".!?…:;\u061f\u0964\u3002\uff01\uff1f")


@dataclass(frozen=True, slots=True)
class SceneDraft:
    """One scene as the storyboard asks for it.

    Attributes:
        start: where its text begins in the storyboard.
        text: its part of the storyboard, with every tag and heading.
        words: that text without them.
        prompt: the words, with the place of a script's scene before them and style and mood behind.
        is_asked: its length is asked for by a tag or by times; else it was shared out.
        place: the heading of the script's scene that it belongs to.
        characters: who is in it, where a language model has said so.
        is_written: its prompt was written for it, and goes before one that is there.
    """

    start: int
    text: str
    words: str
    prompt: str
    duration_s: float
    is_asked: bool = False
    title: str = ""
    camera: str | None = None
    transition: Transition | None = None
    seed: int | None = None
    style: str = ""
    mood: str = ""
    place: str = ""
    characters: tuple[str, ...] = ()
    is_written: bool = False


@dataclass(frozen=True)
class Storyboard:
    """A text in scenes.

    Attributes:
        drafts: their texts, one after the other, are the text, but for words that come again.
        notes: a sentence on everything that could not be done as asked.
    """

    text: str
    target_length_s: float | None
    drafts: tuple[SceneDraft, ...]
    notes: tuple[str, ...]
    text_format: TextFormat = TextFormat.PLAIN

    @property
    def total_s(self) -> float:
        """The length of all scenes together."""
        return round(sum(draft.duration_s for draft in self.drafts), 2)


@dataclass(frozen=True, slots=True)
class Looks:
    """What holds for more than the words of one scene: place, style and mood."""

    place: str = ""
    style: str = ""
    mood: str = ""

    def prompt(self, words: str) -> str:
        """The words as a prompt: the place before them, style and mood behind them."""
        before = f"{self.place}. " if self.place and not words.startswith(self.place) else ""
        return f"{before}{words}{self.tail(words)}"

    def tail(self, words: str) -> str:
        """What style and mood add behind the words."""
        stated = ", ".join(part for part in (self.style, self.mood) if part)
        if not stated:
            return ""
        return f" {stated}." if words.endswith(_SENTENCE_ENDS) else f", {stated}"


def split_storyboard(
    text: str,
    *,
    target_length_s: float | None,
    clip_s: float,
    min_s: float,
    max_s: float,
    text_format: TextFormat | None = None,
) -> Storyboard:
    """A storyboard's text in scenes.

    Args:
        text: plain text, Markdown, a script, lyrics or subtitles, with tags or without.
        target_length_s: how long all scenes are together; None for as long as it gets.
        clip_s: how long a scene is where nothing says otherwise.
        min_s: the shortest clip that can be made.
        max_s: the longest.
        text_format: what the text is; None for what it looks like.
    """
    chosen = recognise(text) if text_format is None else text_format
    read = read_marks(text, chosen)
    passages = find_passages(text, read.marks)
    planned = schedule(passages, target_length_s, ClipLengths(clip_s, min_s, max_s))
    return board_of(text, chosen, read, planned, target_length_s)


def board_of(
    text: str,
    text_format: TextFormat,
    read: Marks,
    planned: Schedule,
    target_length_s: float | None,
) -> Storyboard:
    """The storyboard of scenes whose words and lengths are known."""
    drafts: list[SceneDraft] = []
    notes = first_of(read.misread, _SHOWN, _MORE)
    if not planned.parts and text.strip():
        notes.append("There are only tags and headings here, and no words to make a clip of.")
    several: list[str] = []
    for draft, ignored in _drafts(text, read.marks, planned.parts):
        drafts.append(draft)
        several += [f"Scene {len(drafts)} {what}" for what in ignored]
    notes += (
        first_of(several, _SHOWN, _MORE)
        + first_of(planned.time_notes, _SHOWN, _MORE)
        + list(planned.notes)
    )
    return Storyboard(text, target_length_s, tuple(drafts), tuple(notes), text_format)


def _drafts(
    text: str, marks: Sequence[Mark], parts: Sequence[TimedPart]
) -> Iterator[tuple[SceneDraft, tuple[str, ...]]]:
    """Each draft, and what of its tags does not count."""
    # Empty lines before the first words are a part of the storyboard too.
    first = min((part.passage.start for part in parts), default=0)
    places = [mark.start for mark in marks]
    looks = Looks()
    for part in parts:
        start, end = part.passage.start, part.passage.end
        start = 0 if start == first else start
        inside = marks[bisect_left(places, start) : bisect_left(places, end)]
        own = _Own.of(mark.meaning for mark in inside)
        here = own.looks(looks)
        after = own.looks(looks, is_last=True)
        looks = replace(after, mood="") if after.mood else after
        words = words_of(text, inside, start, end)
        draft = SceneDraft(
            start=start,
            text=text[start:end],
            words=words,
            prompt=here.prompt(words),
            duration_s=part.length_s,
            is_asked=part.is_asked,
            title=own.title,
            camera=own.camera,
            transition=own.transition,
            seed=own.seed,
            style=here.style,
            mood=here.mood,
            place=here.place,
        )
        yield draft, own.ignored


@dataclass(frozen=True, slots=True)
class _Own:
    """What the marks in one scene's text say; where several say the same, the first counts."""

    title: str = ""
    camera: str | None = None
    transition: Transition | None = None
    seed: int | None = None
    meanings: tuple[Meaning, ...] = ()
    ignored: tuple[str, ...] = ()

    @classmethod
    def of(cls, meanings: Iterable[Meaning]) -> _Own:
        stated = tuple(meanings)
        if not stated:
            return cls()
        titles = [m.text for m in stated if isinstance(m, Title)]
        headings = [m.title for m in stated if isinstance(m, Section) and m.title]
        places = [m.heading for m in stated if isinstance(m, SceneHeading)]
        counted = (
            ("title", titles),
            ("length", [m for m in stated if isinstance(m, Length)]),
            ("start", [m for m in stated if isinstance(m, StartTime)]),
            ("camera move", cameras := [m.motion for m in stated if isinstance(m, Camera)]),
            ("transition", cuts := [m.transition for m in stated if isinstance(m, CutInto)]),
            ("seed", seeds := [m.number for m in stated if isinstance(m, Seed)]),
        )
        return cls(
            # The heading nearest to the words names the scene.
            title=next(iter([*titles, *headings[::-1], *places[::-1]]), ""),
            camera=next(iter(cameras), None),
            transition=next(iter(cuts), None),
            seed=next(iter(seeds), None),
            meanings=stated,
            ignored=tuple(
                f"names more than one {what}; the first one counts."
                for what, found in counted
                if len(set(found)) > 1
            ),
        )

    def looks(self, before: Looks, *, is_last: bool = False) -> Looks:
        """How the scene looks; with `is_last` how it leaves things for the next one."""
        if not self.meanings:
            return before
        place, style = before.place, before.style
        styles = [m.text for m in self.meanings if isinstance(m, Style)]
        for meaning in self.meanings:
            if isinstance(meaning, SceneHeading):
                place = meaning.heading
            elif isinstance(meaning, Section):
                place = ""
        if styles:
            style = styles[-1 if is_last else 0]
        mood = next((m.text for m in self.meanings if isinstance(m, Mood)), "")
        return Looks(place, style, mood)
