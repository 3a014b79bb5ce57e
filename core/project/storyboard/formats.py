"""What a storyboard's text may be written in, how it is recognised, and the reader of each."""

from __future__ import annotations

import re
from bisect import bisect_right
from typing import TYPE_CHECKING

from core.project.model.project import TextFormat
from core.project.storyboard.cues import looks_like_subtitles, read_cues
from core.project.storyboard.fountain import has_title_page, read_fountain
from core.project.storyboard.lyrics import looks_like_lyrics, read_lyrics
from core.project.storyboard.markdown import looks_like_markdown, read_markdown
from core.project.storyboard.markup import Mark, Marks, Markup, without, words_of
from core.project.storyboard.plain_text import read_plain_text
from core.project.storyboard.tags import read_tags

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from pathlib import Path


FORMAT_LABELS: dict[TextFormat, str] = {
    TextFormat.PLAIN: "Plain text",
    TextFormat.MARKDOWN: "Markdown",
    TextFormat.FOUNTAIN: "Screenplay (Fountain)",
    TextFormat.LYRICS: "Lyrics with times (LRC)",
    TextFormat.SUBTITLES: "Subtitles (SRT, VTT)",
}
"""What each is called where people choose it."""

_SUFFIXES = {
    ".md": TextFormat.MARKDOWN,
    ".markdown": TextFormat.MARKDOWN,
    ".fountain": TextFormat.FOUNTAIN,
    ".spmd": TextFormat.FOUNTAIN,
    ".lrc": TextFormat.LYRICS,
    ".srt": TextFormat.SUBTITLES,
    ".vtt": TextFormat.SUBTITLES,
}
SUFFIXES = (".txt", *_SUFFIXES)
"""The files that can be loaded as a storyboard."""

_READERS: dict[TextFormat, Callable[[str], Marks]] = {
    TextFormat.PLAIN: read_plain_text,
    TextFormat.MARKDOWN: read_markdown,
    TextFormat.FOUNTAIN: read_fountain,
    TextFormat.LYRICS: read_lyrics,
    TextFormat.SUBTITLES: read_cues,
}
# As scripts write them; "Int. kitchen" within a story is told by people.
_SCRIPT_LINE = re.compile(
    r"^[ \t\ufeff]*(?:[A-Z]?\d{1,4}[A-Z]{0,2}[.)]?[ \t]+)?"
    r"(?:INT|EXT|EST|INT\.?/EXT|EXT\.?/INT|I\.?/E)\.?[ \t]+[^\s.]"
    r"|^[ \t]*(?:FADE IN:|FADE OUT\.|(?:SMASH |MATCH )?CUT TO:|DISSOLVE TO:)[ \t]*$",
    re.MULTILINE,
)
_FEW_LINES = 400


def format_of(path: Path) -> TextFormat | None:
    """What a file is by its name; None where its words must tell."""
    return _SUFFIXES.get(path.suffix.lower())


def recognise(text: str) -> TextFormat:
    """What a text looks like."""
    text = text.replace("\r\n", "\n").replace("\r", "\n")
    lines = text[: _FEW_LINES * 200].splitlines()[:_FEW_LINES]
    if looks_like_subtitles(lines):
        return TextFormat.SUBTITLES
    if looks_like_lyrics(lines):
        return TextFormat.LYRICS
    if has_title_page(text) or _SCRIPT_LINE.search(text):
        return TextFormat.FOUNTAIN
    if looks_like_markdown(text):
        return TextFormat.MARKDOWN
    return TextFormat.PLAIN


def read_marks(text: str, text_format: TextFormat) -> Marks:
    """Every mark of a text: those of its format, and the tags that any may have."""
    tags = read_tags(text)
    # Tags may stand on the line of a heading and are no part of it.
    own = _READERS[text_format](without(text, tags.marks))
    hidden = [mark for mark in own.marks if isinstance(mark.meaning, Markup)]
    kept = [mark for mark in tags.marks if not _is_within(mark.start, hidden)]
    unread = [tag.message for tag in tags.unread if not _is_within(tag.start, hidden)]
    marks = sorted((*kept, *own.marks), key=lambda mark: (mark.start, mark.end))
    return Marks(tuple(marks), (*own.misread, *unread))


def plain_words(text: str, text_format: TextFormat) -> str:
    """The words of a text without any marks, one space between them."""
    return words_of(text, read_marks(text, text_format).marks, 0, len(text))


def _is_within(place: int, marks: Sequence[Mark]) -> bool:
    """Whether a place lies within one of the marks, which come in order."""
    before = bisect_right(marks, place, key=lambda mark: mark.start)
    return before > 0 and place < marks[before - 1].end
